/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.formats.gguf.OutgoingTensor;
import dev.millrace.formats.quantise.Calibration;
import dev.millrace.formats.quantise.Importance;
import dev.millrace.formats.quantise.Mixture;
import dev.millrace.formats.quantise.TensorReport;
import dev.millrace.formats.tensor.ArrayTensor;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From models in 16 bits to files with fewer. */
class QuantiserTest {

    @TempDir
    Path folder;

    private Path source = Path.of("/nowhere");

    @BeforeEach
    void make() {
        source = folder.resolve("source.gguf");
        Synthesiser.write("tiny", "f16", 1, source, Progress.NONE);
    }

    private static List<TensorReport> quantise(Path source, Path out, Mixture mixture, int threads) {
        return new Quantiser(mixture, Importance.NONE, threads).quantise(source, out, Progress.NONE);
    }

    @ParameterizedTest
    @EnumSource(Mixture.class)
    void everyMixtureGivesAModelThatOpensAndLosesLittle(Mixture mixture) {
        Path out = folder.resolve("out.gguf");
        List<TensorReport> report = quantise(source, out, mixture, 2);
        try (ModelFile before = new GgufFormat().open(source); ModelFile after = new GgufFormat().open(out)) {
            assertEquals(before.metadata().get("tokenizer.ggml.tokens"), after.metadata().get("tokenizer.ggml.tokens"));
            assertEquals((long) mixture.fileType(), after.metadata().get("general.file_type"));
            assertEquals(before.chatTemplate(), after.chatTemplate());
            assertEquals(before.blueprint().layers().size(), after.blueprint().layers().size());
        }
        double most = switch (mixture) {
            case F16, BF16 -> 0.003;
            case Q8_0 -> 0.01;
            case Q6_K -> 0.03;
            case Q5_K_M, Q5_K_S, Q5_0, Q5_1 -> 0.06;
            case Q3_K_L, Q3_K_M, Q3_K_S -> 0.25;
            case Q2_K -> 0.45;
            case MXFP4 -> 0.15;
            default -> 0.12;
        };
        for (TensorReport tensor : report) {
            assertTrue(tensor.error() <= most, () -> tensor + " loses more than " + most);
            assertEquals(tensor.to().bytes(tensor.values()), tensor.bytes());
        }
        assertTrue(report.stream().anyMatch(tensor -> tensor.to() != TensorType.F32));
    }

    @Test
    void theNumberOfThreadsChangesNoByte() throws Exception {
        quantise(source, folder.resolve("one.gguf"), Mixture.Q4_K_M, 1);
        quantise(source, folder.resolve("three.gguf"), Mixture.Q4_K_M, 3);
        assertArrayEquals(Files.readAllBytes(folder.resolve("one.gguf")),
                Files.readAllBytes(folder.resolve("three.gguf")));
    }

    @Test
    void aFolderGivesWhatItsGgufGives() throws Exception {
        Path hugging = new SmallFolder().write(folder.resolve("hugging"));
        Path plain = folder.resolve("plain.gguf");
        Converter.convert(hugging, plain, TensorType.F32, Progress.NONE);
        Map<String, TensorReport> direct = new TreeMap<>();
        quantise(hugging, folder.resolve("a.gguf"), Mixture.Q8_0, 2).forEach(t -> direct.put(t.name(), t));
        for (TensorReport tensor : quantise(plain, folder.resolve("b.gguf"), Mixture.Q8_0, 2)) {
            TensorReport other = Objects.requireNonNull(direct.get(tensor.name()), tensor.name());
            assertEquals(tensor.to(), other.to(), tensor.name());
            assertEquals(tensor.error(), other.error(), 1e-9, tensor.name());
        }
    }

    private static OutgoingTensor tensor(String name, long... shape) {
        return new OutgoingTensor(name, TensorType.F16, shape,
                List.of(new ArrayTensor(name, (int) shape[shape.length - 1],
                        new float[(int) shape[shape.length - 1]])));
    }

    private static Map<String, TensorType> types(Mixture mixture, List<OutgoingTensor> tensors, boolean measured) {
        Map<String, TensorType> types = new TreeMap<>();
        mixture.of(tensors, measured).forEach(tensor -> types.put(tensor.name(), tensor.type()));
        return types;
    }

    private static List<OutgoingTensor> dense(int layers) {
        List<OutgoingTensor> tensors = new ArrayList<>(List.of(tensor("token_embd.weight", 100, 256),
                tensor("output.weight", 100, 256), tensor("output_norm.weight", 256)));
        for (int i = 0; i < layers; i++) {
            String blk = "blk." + i + ".";
            tensors.add(tensor(blk + "attn_q.weight", 256, 256));
            tensors.add(tensor(blk + "attn_k.weight", 64, 256));
            tensors.add(tensor(blk + "attn_v.weight", 64, 256));
            tensors.add(tensor(blk + "attn_output.weight", 256, 256));
            tensors.add(tensor(blk + "ffn_up.weight", 512, 256));
            tensors.add(tensor(blk + "ffn_down.weight", 256, 512));
            tensors.add(tensor(blk + "attn_norm.weight", 256));
        }
        return tensors;
    }

    /** By llama.cpp's rules for a dense model of 16 layers. */
    @Test
    void mixturesAreThoseOfTheReference() {
        Map<String, TensorType> medium = types(Mixture.Q4_K_M, dense(16), false);
        assertEquals(TensorType.Q6_K, medium.get("output.weight"));
        assertEquals(TensorType.Q4_K, medium.get("token_embd.weight"));
        assertEquals(TensorType.Q4_K, medium.get("blk.3.attn_q.weight"));
        List<Integer> finer = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            assertEquals(medium.get("blk." + i + ".attn_v.weight"), medium.get("blk." + i + ".ffn_down.weight"));
            if (medium.get("blk." + i + ".ffn_down.weight") == TensorType.Q6_K) {
                finer.add(i);
            }
        }
        assertEquals(List.of(0, 1, 4, 7, 10, 13, 14, 15), finer);
        assertEquals(TensorType.F16, medium.get("output_norm.weight"), "stays as it was");
        Map<String, TensorType> three = types(Mixture.Q3_K_M, dense(16), false);
        assertEquals(TensorType.Q5_K, three.get("blk.1.attn_v.weight"));
        assertEquals(TensorType.Q4_K, three.get("blk.2.attn_v.weight"));
        assertEquals(TensorType.Q5_K, three.get("blk.0.ffn_down.weight"));
        assertEquals(TensorType.Q4_K, three.get("blk.9.attn_output.weight"));
        Map<String, TensorType> two = types(Mixture.Q2_K, dense(16), false);
        assertEquals(TensorType.Q4_K, two.get("blk.5.attn_v.weight"));
        assertEquals(TensorType.Q3_K, two.get("blk.5.ffn_down.weight"));
        assertEquals(TensorType.Q4_1, types(Mixture.Q4_0, dense(16), true).get("blk.1.ffn_down.weight"));
        assertEquals(TensorType.Q4_0, types(Mixture.Q4_0, dense(16), false).get("blk.1.ffn_down.weight"));
    }

    @Test
    void rowsThatTheBlocksDoNotDivideGetAnotherType() {
        List<OutgoingTensor> odd = List.of(tensor("blk.0.attn_q.weight", 8, 288), tensor("blk.0.ffn_up.weight", 8, 40));
        Map<Mixture, TensorType> others = Map.of(Mixture.Q2_K, TensorType.Q4_0, Mixture.Q3_K_S, TensorType.Q4_0,
                Mixture.IQ4_XS, TensorType.IQ4_NL, Mixture.Q4_K_S, TensorType.Q5_0, Mixture.Q5_K_S, TensorType.Q5_1,
                Mixture.Q6_K, TensorType.Q8_0);
        others.forEach((mixture, type) -> {
            Map<String, TensorType> types = types(mixture, odd, false);
            assertEquals(type, types.get("blk.0.attn_q.weight"), mixture::name);
            assertEquals(TensorType.F16, types.get("blk.0.ffn_up.weight"), mixture::name);
        });
    }

    @Test
    void whatIsQuantisedAlreadyIsRefused() {
        Path eight = folder.resolve("eight.gguf");
        quantise(source, eight, Mixture.Q8_0, 1);
        Path out = folder.resolve("out.gguf");
        MillraceException e = assertThrows(MillraceException.class, () -> quantise(eight, out, Mixture.Q4_0, 1));
        assertTrue(e.getMessage().contains("already"), e::getMessage);
        assertFalse(Files.exists(out));
    }

    @Test
    void cancellingLeavesNothing() throws Exception {
        Path out = folder.resolve("out.gguf");
        assertThrows(CancellationException.class, () -> new Quantiser(Mixture.Q4_K_M, Importance.NONE, 2)
                .quantise(source, out, (what, fraction) -> {
                    if (fraction > 0.3) {
                        throw new CancellationException("Cancelled.");
                    }
                }));
        try (var files = Files.list(folder)) {
            assertEquals(List.of(source), files.toList());
        }
    }

    private Path importance(String name, float... values) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(100 + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        bytes.putInt(1).putInt(text.length).put(text).putInt(2).putInt(values.length);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return Files.write(folder.resolve("x.dat"), java.util.Arrays.copyOf(bytes.array(), bytes.position()));
    }

    @Test
    void anImportanceMatrixIsReadAndFitsTheModelOrIsRefused() throws Exception {
        assertArrayEquals(new float[]{2, 3}, Importance.read(importance("a", 4, 6)).of("a", 0, 2));
        assertArrayEquals(new float[]{3}, Importance.read(importance("a", 4, 6)).of("a", 1, 1));
        Importance wrong = Importance.read(importance("blk.0.attn_q.weight", 1, 2, 3));
        assertThrows(MillraceException.class, () -> wrong.of("blk.0.attn_q.weight", 0, 2));
        byte[] whole = Files.readAllBytes(importance("a", 4, 6));
        for (int i = 0; i < whole.length; i++) {
            Path cut = Files.write(folder.resolve("cut.dat"), java.util.Arrays.copyOf(whole, i));
            assertThrows(MillraceException.class, () -> Importance.read(cut));
        }
        assertThrows(MillraceException.class, () -> Importance.read(importance("a", Float.NaN)));
        assertThrows(MillraceException.class, () -> Importance.read(source));
        assertThrows(MillraceException.class, () -> Importance.read(folder.resolve("nothing.dat")));
    }

    /** Two layers' worth of inputs, of which one expert sees nothing. */
    private Importance measured() {
        Calibration calibration = new Calibration();
        try (ModelFile model = new GgufFormat().open(source)) {
            Blueprint blueprint = model.blueprint();
            for (Tensor matrix : blueprint.matrices()) {
                float[] input = new float[(int) matrix.columns() + 1];
                for (int i = 0; i < input.length; i++) {
                    input[i] = i;
                }
                calibration.add(matrix.name(), input, 1, (int) matrix.columns());
                calibration.add(matrix.name(), input, 0, (int) matrix.columns());
            }
            return calibration.importance(blueprint);
        }
    }

    @Test
    void whatWasMeasuredIsWrittenAndReadAgain() throws Exception {
        Importance measured = measured();
        Path file = folder.resolve("importance.gguf");
        measured.write(file, "text.txt", 3, 512);
        Importance again = Importance.read(file);
        Map<String, Integer> columns = new TreeMap<>();
        for (TensorReport tensor : quantise(source, folder.resolve("out.gguf"), Mixture.Q8_0, 2)) {
            if (tensor.to() == TensorType.Q8_0) {
                columns.put(tensor.name(), 0);
            }
        }
        assertTrue(columns.size() > 5, columns::toString);
        try (ModelFile model = new GgufFormat().open(source)) {
            int hidden = model.blueprint().hiddenSize();
            for (String name : columns.keySet()) {
                if (!name.contains("down") && !name.contains("attn_output")) {
                    float[] means = Objects.requireNonNull(again.of(name, 0, hidden), name);
                    assertArrayEquals(Objects.requireNonNull(measured.of(name, 0, hidden)), means);
                    assertEquals((9 * 9 + 10 * 10) / 2f, means[9]);
                }
            }
        }
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length - 64; i += 97) {
            Path cut = Files.write(folder.resolve("cut.gguf"), java.util.Arrays.copyOf(whole, i));
            assertThrows(MillraceException.class, () -> Importance.read(cut));
        }
    }

    @Test
    void anExpertThatWasNeverPickedIsEncodedAsIfNothingWasMeasured() {
        Calibration calibration = new Calibration();
        try (ModelFile model = new GgufFormat().open(source)) {
            Blueprint blueprint = model.blueprint();
            Tensor first = blueprint.matrices().stream().filter(t -> t.name().contains("ffn_gate_exps")).findFirst()
                    .orElseThrow();
            calibration.add(first.name(), new float[(int) first.columns()], 0, (int) first.columns());
            Importance importance = calibration.importance(blueprint);
            String name = first.name().replaceAll("\\[.*", "");
            assertArrayEquals(new float[(int) first.columns()], importance.of(name, 0, (int) first.columns()));
            assertNull(importance.of(name, 1, (int) first.columns()));
            assertNull(importance.of("blk.0.attn_q.weight", 0, (int) first.columns()));
        }
    }

    @ParameterizedTest
    @EnumSource(Mixture.class)
    void everyMixtureTakesWhatWasMeasured(Mixture mixture) {
        Path out = folder.resolve("out.gguf");
        List<TensorReport> report = new Quantiser(mixture, measured(), 2).quantise(source, out, Progress.NONE);
        new GgufFormat().open(out).close();
        report.forEach(tensor -> assertTrue(tensor.error() < 0.7, tensor::toString));
    }
}
