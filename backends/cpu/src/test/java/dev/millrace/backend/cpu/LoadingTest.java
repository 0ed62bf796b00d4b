/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Devices, fitting, loading and letting go. */
class LoadingTest {

    private static final Blueprint MODEL = RandomModel.of(TensorType.Q8_0);

    static Stream<Device> devices() {
        return Run.devices();
    }

    @Test
    @Tag("parity")
    void devicesAreThoseThatThisJavaRuntimeOffers() {
        boolean module = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        List<String> ids = new ArrayList<>(Run.BACKEND.devices().stream().map(Device::id).toList());
        if (ids.contains("cpu:assembled")) {
            assertEquals("cpu:assembled", ids.removeFirst());
        }
        assertEquals(module ? List.of("cpu:vector", "cpu:scalar") : List.of("cpu:scalar"), ids);
        String bits = System.getProperty("millrace.vector.bits");
        if (module && bits != null) {
            int width = Integer
                    .parseInt(Run.BACKEND.devices().getFirst().description().replaceAll(".*, (\\d+) bits", "$1"));
            assertTrue(width <= Integer.parseInt(bits), width + " bits");
        }
    }

    @Test
    void theServiceIsFound() {
        assertTrue(ServiceLoader.load(Backend.class).stream().anyMatch(p -> p.type() == CpuBackend.class));
    }

    @ParameterizedTest
    @MethodSource("devices")
    void fits(Device device) {
        Fit fit = Run.BACKEND.fit(MODEL, device, LoadOptions.of(100).withThreads(1));
        Fit.Good good = assertInstanceOf(Fit.Good.class, fit);
        assertEquals(switch (device.id()) {
            case "cpu:assembled" -> 110;
            case "cpu:vector" -> 100;
            default -> 10;
        }, good.score());
        Fit.Good larger = assertInstanceOf(Fit.Good.class,
                Run.BACKEND.fit(MODEL, device, LoadOptions.of(100_000).withThreads(1).withPrecision(Precision.EXACT)));
        assertTrue(larger.bytes() > good.bytes() + 90_000L * 2 * (2 * 64 + 32) * 4);
    }

    @ParameterizedTest
    @MethodSource("devices")
    void refusesWhatDoesNotFit(Device device) {
        LoadOptions endless = LoadOptions.of(Integer.MAX_VALUE - 100).withThreads(1).withPrecision(Precision.EXACT);
        Fit.Refused refused = assertInstanceOf(Fit.Refused.class, Run.BACKEND.fit(MODEL, device, endless));
        assertTrue(refused.reason().matches(".* [0-9.]+ GB .*with a context of [0-9]+ tokens it would fit\\."),
                refused.reason());
        assertThrows(BackendException.class, () -> Run.BACKEND.load(MODEL, device, endless, Progress.NONE));
        Device unknown = new Device("cpu:abacus", "cpu", "", 0);
        assertInstanceOf(Fit.Refused.class,
                Run.BACKEND.fit(MODEL, unknown, LoadOptions.of(100).withThreads(1)));
        Blueprint broken = new Blueprint("broken", RandomModel.VOCABULARY, MODEL.hiddenSize() * 2, 512,
                MODEL.embedding(),
                MODEL.layers(), MODEL.outputNorm(), MODEL.head());
        Fit.Refused shape = assertInstanceOf(Fit.Refused.class,
                Run.BACKEND.fit(broken, device, LoadOptions.of(100).withThreads(1)));
        assertTrue(shape.reason().contains("embedding"), shape.reason());
    }

    @ParameterizedTest
    @MethodSource("devices")
    void packedWeightsNeedNoFile(Device device) {
        MemoryTensor embedding = (MemoryTensor) MODEL.embedding();
        int before = embedding.arenas.size();
        try (Executor executor = Run.load(MODEL, device, 2, Precision.FAST)) {
            assertEquals(before + 1, embedding.arenas.size());
            assertFalse(embedding.arenas.getLast().scope().isAlive());
            executor.newSequence();
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void refusesNormsTapsAndBiasesThatAreNotFinite(Device device) {
        Blueprint.Layer conv = MODEL.layers().getFirst();
        Blueprint.ShortConv taps = (Blueprint.ShortConv) conv.mixer();
        refusesNotFinite(device, "taps", with(MODEL.outputNorm(), new Blueprint.Layer(conv.mixerNorms(),
                new Blueprint.ShortConv(taps.width(), taps.in(),
                        notFinite("taps", MODEL.hiddenSize(), taps.width(), Float.NEGATIVE_INFINITY), taps.out()),
                conv.feedForwardNorms(), conv.feedForward())));
        refusesNotFinite(device, "norm",
                with(new Blueprint.Norm(notFinite("norm", 1, MODEL.hiddenSize(), Float.NaN), 1e-5f), conv));
        Blueprint.Experts experts = (Blueprint.Experts) MODEL.layers().get(2).feedForward();
        refusesNotFinite(device, "bias",
                with(MODEL.outputNorm(), new Blueprint.Layer(conv.mixerNorms(), taps, conv.feedForwardNorms(),
                        new Blueprint.Experts(experts.router(),
                                notFinite("bias", 1, experts.experts().size(), Float.POSITIVE_INFINITY),
                                experts.gating(), experts.used(), experts.normalise(), experts.scale(),
                                experts.experts(), null))));
    }

    private static void refusesNotFinite(Device device, String tensor, Blueprint model) {
        BackendException refused = assertThrows(BackendException.class,
                () -> Run.load(model, device, 1, Precision.FAST).close());
        assertEquals(tensor + " holds weights that are infinite or no numbers; the model file is damaged or was"
                + " converted badly.", refused.getMessage());
    }

    /** The model with another norm at its end and another first layer. */
    private static Blueprint with(Blueprint.Norm outputNorm, Blueprint.Layer first) {
        List<Blueprint.Layer> layers = new ArrayList<>(MODEL.layers());
        layers.set(0, first);
        return new Blueprint(MODEL.architecture(), MODEL.vocabularySize(), MODEL.hiddenSize(), MODEL.contextLength(),
                MODEL.embedding(), layers, outputNorm, MODEL.head());
    }

    private static MemoryTensor notFinite(String name, int rows, int columns, float value) {
        ByteBuffer raw = ByteBuffer.allocate(rows * columns * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        raw.putFloat(raw.capacity() - Float.BYTES, value);
        return new MemoryTensor(name, TensorType.F32, rows, columns, raw.array());
    }

    @Test
    void aModelThatIsClosedWhileItLoadsSaysSo(@TempDir Path temporary) throws IOException {
        int columns = MODEL.hiddenSize();
        Path source = temporary.resolve("head");
        Files.write(source, Blocks.random(TensorType.Q4_0, RandomModel.VOCABULARY * columns, new Random(9)));
        WeightFile file = new WeightFile(source);
        Blueprint model = new Blueprint(MODEL.architecture(), MODEL.vocabularySize(), columns, MODEL.contextLength(),
                MODEL.embedding(), MODEL.layers(), MODEL.outputNorm(),
                new FileTensor("head", TensorType.Q4_0, RandomModel.VOCABULARY, columns, file, 0));
        BackendException failed = assertThrows(BackendException.class, () -> Run.BACKEND.load(model,
                Run.BACKEND.devices().getFirst(), LoadOptions.of(100).withThreads(2), (what, fraction) -> {
                    try {
                        file.close();
                    } catch (IOException e) {
                        fail(e);
                    }
                }));
        assertEquals("The weights cannot be read: " + source + " is closed; open the model again.",
                failed.getMessage());
    }

    @ParameterizedTest
    @MethodSource("devices")
    void nothingStaysBehindWhenLoadingIsCancelled(Device device) {
        List<Double> fractions = new ArrayList<>();
        try (Executor executor = Run.BACKEND.load(MODEL, device, LoadOptions.of(100).withThreads(1),
                (what, fraction) -> fractions.add(fraction))) {
            executor.newSequence().close();
            assertEquals(fractions.stream().sorted().toList(), fractions);
            assertEquals(1, fractions.getLast());
        }
        MemoryTensor embedding = (MemoryTensor) MODEL.embedding();
        for (int stop = 0; stop < fractions.size(); stop++) {
            int at = stop;
            int[] calls = {0};
            assertThrows(CancellationException.class, () -> Run.BACKEND.load(MODEL, device,
                    LoadOptions.of(100).withThreads(3), (what, fraction) -> {
                        if (calls[0]++ == at) {
                            throw new CancellationException();
                        }
                    }));
            assertTrue(embedding.arenas.stream().noneMatch(a -> a.scope().isAlive()));
            assertTrue(Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(t -> t.getName().startsWith("millrace-cpu")));
        }
    }
}
