/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Trait;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users may set, and which variant is taken. */
class SettingsTest {

    private static final long MEGABYTE = 1_000_000;

    @TempDir
    Path folder;

    private static Graph.Variant variant(String name, long megabytes) {
        return new Graph.Variant(name, Path.of(name), List.of(), megabytes * MEGABYTE);
    }

    private static final Graph GRAPH = new Graph("onnx", "test", 8, 4, 64, List.of(new StateShape.KeyValues(1, 4)),
            List.of(variant("fp32", 4000), variant("fp16", 2000), variant("q4", 500), variant("q8", 1000)));

    /** The megabytes of the variant that is taken. */
    private static long taken(Map<String, String> settings, String device, Precision precision, long memory) {
        Fit fit = new OnnxBackend(TestSettings.of(settings)).fit(GRAPH,
                new Device(device, "onnx", "test", memory * MEGABYTE),
                LoadOptions.of(64).withThreads(1).withPrecision(precision));
        return fit instanceof Fit.Good good ? Math.round(good.bytes() / 1.1 / MEGABYTE) : -1;
    }

    @Test
    void variantSuitsDevicePrecisionAndMemory() {
        assertEquals(500, taken(Map.of(), "onnx:cpu", Precision.FAST, 100_000));
        assertEquals(4000, taken(Map.of(), "onnx:cpu", Precision.EXACT, 100_000));
        assertEquals(2000, taken(Map.of(), "onnx:cpu", Precision.EXACT, 3000));
        assertEquals(2000, taken(Map.of(), "onnx:cuda", Precision.FAST, 100_000));
        assertEquals(1000, taken(Map.of("variant", "q8"), "onnx:cpu", Precision.FAST, 100_000));
        assertEquals(500, taken(Map.of("variant", "unknown"), "onnx:cpu", Precision.FAST, 100_000));
        assertEquals(-1, taken(Map.of(), "onnx:cpu", Precision.FAST, 100));
        assertEquals(-1, taken(Map.of("variant", "fp32"), "onnx:cpu", Precision.FAST, 3000));
        assertEquals(-1, taken(Map.of(), "onnx:abacus", Precision.FAST, 100_000));
    }

    @Test
    void unknownValuesAreRefused() {
        String message = String.valueOf(
                assertThrows(IllegalArgumentException.class, () -> TestSettings.of(Map.of("optimisation", "most")))
                        .getMessage());
        assertTrue(message.contains("most"), message);
    }

    @Test
    void configurationAndSystemProperties() {
        assertEquals("onnx", new OnnxBackend(Map.of("component.name", "x", "optimisation", "basic")).id());
        // what is wrong is told, and left out
        List<String> complaints = new ArrayList<>();
        assertEquals(OnnxSettings.ofSystem(), OnnxSettings.of(Map.of("optimisation", "most"), complaints::add));
        assertEquals(List.of("The setting optimisation of the configuration dev.millrace.backend.onnx is \"most\";"
                + " it must be none, basic, extended or all. It is left out."), complaints);
        System.setProperty("millrace.onnx.optimisation", "most");
        try {
            assertThrows(IllegalArgumentException.class, OnnxBackend::new);
        } finally {
            System.clearProperty("millrace.onnx.optimisation");
        }
    }

    @Test
    void whatIsSetReachesTheOtherProcess() {
        Map<String, String> all = Map.of("variant", "q8", "optimisation", "basic", "spinning", "true", "optimised",
                folder.toString(), "provider", "device_id=1, gpu_mem_limit=4096", "isolated", "true", "patience", "60");
        OnnxSettings settings = TestSettings.of(all);
        assertEquals(Map.of("device_id", "1", "gpu_mem_limit", "4096"), settings.provider());
        assertEquals(Duration.ofSeconds(60), settings.patience());
        Map<String, String> there = new HashMap<>();
        for (String flag : settings.flags()) {
            String[] parts = flag.substring("-Dmillrace.onnx.".length()).split("=", 2);
            there.put(parts[0], parts[1]);
        }
        assertEquals(new OnnxSettings(settings.variant(), settings.optimisation(), true, settings.optimised(),
                settings.provider(), false, Duration.ofMinutes(15)), TestSettings.of(there));
        for (Map<String, String> wrong : List.of(Map.of("isolated", "yes"), Map.of("patience", "soon"),
                Map.of("patience", "0"), Map.of("provider", "device_id"), Map.of("spinning", "1"))) {
            String message = String.valueOf(
                    assertThrows(IllegalArgumentException.class, () -> TestSettings.of(wrong)).getMessage());
            assertTrue(message.contains(wrong.keySet().iterator().next()) && message.contains("must be"), message);
        }
    }

    private float[] logits(Graph graph, Map<String, String> settings) {
        OnnxBackend backend = new OnnxBackend(TestSettings.of(settings));
        try (Executor executor = backend.load(graph, backend.devices().getFirst(),
                LoadOptions.of(64).withThreads(1).withPrecision(Precision.EXACT),
                Progress.NONE)) {
            return new Feeder(executor, 2048).feed(executor.newSequence(), 5, 6, 7, 8);
        }
    }

    @Test
    void newWeightsOfTheSameSizeAreNotTakenForTheOldOnes() throws IOException {
        Path model = Nano.export(folder.resolve("model"),
                BlueprintExport.Options.of(Trait.POSITIONS, Trait.EXTERNAL), "model.onnx");
        Path data = model.resolve("onnx").resolve("model.onnx_data");
        Map<String, String> settings = Map.of("optimised", folder.resolve("kept").toString());
        float[] before = logits(Nano.graph(model), settings);
        FileTime time = Files.getLastModifiedTime(data);
        ByteBuffer weights = ByteBuffer.wrap(Files.readAllBytes(data)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 4 <= weights.capacity(); at += 4) {
            weights.putFloat(at, weights.getFloat(at) * 0.9f);
        }
        Files.write(data, weights.array());
        // as package managers do that set all times to the same
        Files.setLastModifiedTime(data, time);
        float[] after = logits(Nano.graph(model), settings);
        assertTrue(Feeder.distance(before, after) > 1e-2, "old logits");
        assertTrue(Feeder.distance(after, logits(Nano.graph(model), Map.of())) < 1e-3);
    }

    @Test
    void optimisedGraphsAreKeptAndTaken() throws IOException {
        Graph graph = Nano.graph(Nano.export(folder.resolve("model"),
                BlueprintExport.Options.of(Trait.POSITIONS, Trait.SPARE_COLUMN, Trait.EXTERNAL), "model.onnx"));
        Path kept = folder.resolve("kept");
        Map<String, String> settings = Map.of("optimised", kept.toString());
        float[] plain = logits(graph, Map.of("optimisation", "none"));
        assertTrue(Feeder.distance(plain, logits(graph, settings)) < 1e-3);
        List<Path> files;
        try (Stream<Path> all = Files.walk(kept)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        Path optimised = files.stream().filter(f -> f.endsWith("model.onnx")).findFirst().orElseThrow();
        assertTrue(files.stream().allMatch(f -> f.equals(optimised.resolveSibling(f.getFileName()))), files::toString);
        // proof that the second start reads the kept graph: it fails once that is spoilt
        assertTrue(Feeder.distance(plain, logits(graph, settings)) < 1e-3);
        Files.write(optimised, new byte[]{1, 2, 3});
        assertThrows(BackendException.class, () -> logits(graph, settings));
    }
}
