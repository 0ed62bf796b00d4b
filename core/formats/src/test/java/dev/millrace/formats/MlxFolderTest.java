/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.quantise.Importance;
import dev.millrace.formats.quantise.Mixture;
import dev.millrace.formats.tensor.BlockDecoder;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders as MLX writes them, against the same weights in F32. */
class MlxFolderTest {

    @TempDir
    Path folder;

    private final Random random = new Random(3);

    /** A dense model of two layers whose matrices have 128 columns. */
    private static SmallFolder model() {
        SmallFolder small = new SmallFolder();
        small.tensors.clear();
        small.config.put("model_type", "lfm2");
        small.config.put("hidden_size", 128);
        small.config.put("intermediate_size", 128);
        small.config.put("block_auto_adjust_ff_dim", false);
        small.config.put("num_hidden_layers", 1);
        small.config.put("layer_types", List.of("conv"));
        small.config.put("conv_bias", false);
        small.add(TensorType.F32, "model.embed_tokens.weight", 40, 128);
        small.add(TensorType.F32, "model.embedding_norm.weight", 128);
        String layer = "model.layers.0.";
        small.add(TensorType.F32, layer + "operator_norm.weight", 128);
        small.add(TensorType.F32, layer + "ffn_norm.weight", 128);
        small.add(TensorType.F32, layer + "conv.in_proj.weight", 384, 128);
        small.add(TensorType.F32, layer + "conv.conv.weight", 128, 1, 3);
        small.add(TensorType.F32, layer + "conv.out_proj.weight", 128, 128);
        small.add(TensorType.F32, layer + "feed_forward.w1.weight", 128, 128);
        small.add(TensorType.F32, layer + "feed_forward.w2.weight", 128, 128);
        small.add(TensorType.F32, layer + "feed_forward.w3.weight", 128, 128);
        return small;
    }

    private static Safetensors.Stored floats(List<Long> shape, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return new Safetensors.Stored("F32", shape, bytes.array());
    }

    /** In 16 bits; what does not fit is cut. */
    private static Safetensors.Stored shorts(TensorType type, List<Long> shape, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putShort(type == TensorType.F16
                    ? Float.floatToFloat16(value)
                    : (short) (Float.floatToRawIntBits(value) >> 16));
        }
        return new Safetensors.Stored(type.name(), shape, bytes.array());
    }

    private static float cut(TensorType type, float value) {
        return switch (type) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffff0000);
            default -> value;
        };
    }

    /** Packs a matrix of random numbers, and puts what it means into the other folder. */
    private void pack(Safetensors packed, Safetensors plain, String base, int rows, int columns, int bits, int group) {
        pack(packed, plain, base, rows, columns, bits, group, TensorType.F32, 1);
    }

    /** With scales of a type; the first group is of zeros, and its scale is what it is multiplied with. */
    private void pack(Safetensors packed, Safetensors plain, String base, int rows, int columns, int bits, int group,
            TensorType type, float first) {
        byte[] words = new byte[rows * columns * bits / 8];
        int groups = columns / group;
        float[] scales = new float[rows * groups];
        float[] biases = new float[rows * groups];
        for (int i = 0; i < scales.length; i++) {
            // MLX chooses the sign by which end of the group is larger
            float sign = type != TensorType.F32 && i % 3 == 1 ? -1 : 1;
            scales[i] = cut(type, sign * (random.nextFloat() / 10 + 0.001f));
            biases[i] = cut(type, -sign * random.nextFloat());
        }
        if (first != 1) {
            scales[0] = cut(type, first);
        }
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            int q = i < group && first != 1 ? 0 : random.nextInt(1 << bits);
            for (int b = 0; b < bits; b++) {
                long bit = (long) i * bits + b;
                words[(int) (bit / 8)] |= (byte) ((q >> b & 1) << bit % 8);
            }
            int g = i / columns * groups + i % columns / group;
            values[i] = scales[g] * q + biases[g];
        }
        packed.tensors.put(base + ".weight",
                new Safetensors.Stored("U32", List.of((long) rows, (long) columns * bits / 32), words));
        List<Long> shape = List.of((long) rows, (long) groups);
        packed.tensors.put(base + ".scales",
                type == TensorType.F32 ? floats(shape, scales) : shorts(type, shape, scales));
        packed.tensors.put(base + ".biases",
                type == TensorType.F32 ? floats(shape, biases) : shorts(type, shape, biases));
        plain.tensors.put(base + ".weight", floats(List.of((long) rows, (long) columns), values));
    }

    private static Map<String, float[]> weights(Path path) throws Exception {
        Map<String, float[]> weights = new TreeMap<>();
        try (ModelFile file = new SafetensorsFormat().open(path); Arena arena = Arena.ofConfined()) {
            for (Tensor tensor : file.blueprint().tensors()) {
                float[] values = new float[(int) (tensor.rows() * tensor.columns())];
                tensor.read(0, (int) tensor.rows(), values, 0);
                weights.put(tensor.name(), values);
                if (tensor.type() == TensorType.F32) {
                    assertArrayEquals(values, tensor.map(arena).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
                }
            }
        }
        return weights;
    }

    private void assertSame(Path mlx, Path plain) throws Exception {
        Map<String, float[]> expected = weights(plain);
        Map<String, float[]> found = weights(mlx);
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
    }

    @ParameterizedTest
    @CsvSource({"2,32", "2,64", "2,128", "3,32", "3,64", "3,128", "4,32", "4,64", "4,128", "6,32", "6,64", "6,128",
            "8,32",
            "8,64", "8,128"})
    void everyWidthAndGroupIsReadExactly(int bits, int group) throws Exception {
        SmallFolder small = model();
        Path plain = small.write(folder.resolve("plain"));
        small.config.put("quantization", Map.of("group_size", group, "bits", bits));
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        Safetensors reference = Safetensors.read(plain.resolve("model.safetensors"));
        pack(to, reference, "model.embed_tokens", 40, 128, bits, group);
        pack(to, reference, "model.layers.0.conv.in_proj", 384, 128, bits, group);
        pack(to, reference, "model.layers.0.feed_forward.w2", 128, 128, bits, group);
        to.write(mlx.resolve("model.safetensors"));
        reference.write(plain.resolve("model.safetensors"));
        assertSame(mlx, plain);
    }

    /** The bytes that a backend gets mean the same, whatever type they have. */
    private static void assertMapped(Tensor tensor, float[] expected) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = tensor.map(arena).toArray(ValueLayout.JAVA_BYTE);
            float[] values = new float[expected.length];
            BlockDecoder.decode(tensor.type(), bytes, 0, values.length / tensor.type().blockSize(), values, 0);
            assertArrayEquals(expected, values, tensor.name());
        }
    }

    @ParameterizedTest
    @CsvSource({"2,32,F16", "2,64,BF16", "3,64,F16", "3,128,BF16", "4,32,BF16", "4,64,BF16", "4,64,F16", "4,128,F16",
            "4,128,BF16", "6,64,BF16", "8,64,F16"})
    void upToFourBitsWithScalesOf16BitsAreBlocksWithoutLoss(int bits, int group, TensorType scales) throws Exception {
        TensorType type = bits <= 4 ? TensorType.Q4_1 : TensorType.F32;
        SmallFolder small = model();
        Path plain = small.write(folder.resolve("plain"));
        small.config.put("quantization", Map.of("group_size", group, "bits", bits));
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        Safetensors reference = Safetensors.read(plain.resolve("model.safetensors"));
        pack(to, reference, "model.embed_tokens", 40, 128, bits, group, scales, 1);
        // the least scale of MLX, where all of a group is zero, is below what 16 bits of IEEE 754 hold
        pack(to, reference, "model.layers.0.conv.in_proj", 384, 128, bits, group, scales, 1e-7f);
        // a scale that only bfloat16 holds, of a group that is all zero
        pack(to, reference, "model.layers.0.feed_forward.w2", 128, 128, bits, group, scales, 1e-20f);
        to.write(mlx.resolve("model.safetensors"));
        reference.write(plain.resolve("model.safetensors"));
        assertSame(mlx, plain);
        Map<String, float[]> expected = weights(plain);
        try (ModelFile file = new SafetensorsFormat().open(mlx)) {
            for (Tensor tensor : file.blueprint().tensors()) {
                boolean packed = tensor.name().contains("embed_tokens") || tensor.name().contains("in_proj")
                        || tensor.name().contains("w2");
                assertEquals(packed ? type : TensorType.F32, tensor.type(), tensor.name());
                assertMapped(tensor, Objects.requireNonNull(expected.get(tensor.name())));
            }
        }
        // kept as it is by convert, and made smaller by quantise
        Path gguf = folder.resolve("out.gguf");
        Converter.convert(mlx, gguf, TensorType.Q8_0, dev.millrace.api.Progress.NONE);
        try (ModelFile again = new GgufFormat().open(gguf)) {
            assertEquals(bits <= 4 ? TensorType.Q4_1 : TensorType.Q8_0, again.blueprint().embedding().type());
        }
        new Quantiser(Mixture.of("Q4_0").orElseThrow(), Importance.NONE, 1).quantise(mlx, gguf,
                dev.millrace.api.Progress.NONE);
        try (ModelFile again = new GgufFormat().open(gguf)) {
            assertEquals(Optional.of(TensorType.Q4_0), again.blueprint().tensors().stream()
                    .filter(tensor -> tensor.name().contains("ffn_down")).map(Tensor::type).findFirst());
        }
    }

    @Test
    void aScaleThatCountsAndDoesNotFitKeepsTheMatrixInFloats() throws Exception {
        SmallFolder small = model();
        Path plain = small.write(folder.resolve("plain"));
        small.config.put("quantization", Map.of("group_size", 32, "bits", 4));
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        Safetensors reference = Safetensors.read(plain.resolve("model.safetensors"));
        String w2 = "model.layers.0.feed_forward.w2";
        pack(to, reference, w2, 128, 128, 4, 32, TensorType.BF16, 1e-20f);
        Objects.requireNonNull(to.tensors.get(w2 + ".weight")).bytes()[3] = 1;
        to.write(mlx.resolve("model.safetensors"));
        try (ModelFile file = new SafetensorsFormat().open(mlx)) {
            assertEquals(List.of(TensorType.F32),
                    file.blueprint().tensors().stream().map(Tensor::type).distinct().toList());
        }
    }

    /** What the model multiplies with, in the order of its layers: names of experts differ between the forms. */
    private static List<float[]> inOrder(Path path) throws Exception {
        List<float[]> all = new java.util.ArrayList<>();
        try (ModelFile file = new SafetensorsFormat().open(path)) {
            for (Tensor tensor : file.blueprint().tensors()) {
                float[] values = new float[(int) (tensor.rows() * tensor.columns())];
                tensor.read(0, (int) tensor.rows(), values, 0);
                all.add(values);
            }
        }
        return all;
    }

    /** Packs the same matrix of all experts into one tensor, and puts what each means into the other folder. */
    private void packExperts(Safetensors packed, Safetensors plain, String base, String single, String matrix,
            int bits) {
        Safetensors whole = new Safetensors();
        pack(packed, whole, base, 4 * 32, 32, bits, 32);
        for (String part : List.of(".weight", ".scales", ".biases")) {
            Safetensors.Stored flat = Objects.requireNonNull(packed.tensors.get(base + part));
            packed.tensors.put(base + part,
                    new Safetensors.Stored(flat.type(), List.of(4L, 32L, flat.shape().get(1)), flat.bytes()));
        }
        byte[] values = Objects.requireNonNull(whole.tensors.get(base + ".weight")).bytes();
        for (int e = 0; e < 4; e++) {
            plain.tensors.put(single + e + "." + matrix + ".weight", new Safetensors.Stored("F32", List.of(32L, 32L),
                    java.util.Arrays.copyOfRange(values, e * 4096, (e + 1) * 4096)));
        }
    }

    private static void assertSameInOrder(Path mlx, Path plain) throws Exception {
        List<float[]> expected = inOrder(plain);
        List<float[]> found = inOrder(mlx);
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), found.get(i), "tensor " + i);
        }
    }

    /** As mlx-lm writes LFM2-MoE: other names in the dense layers too, kernels with their channel last, a finer router. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 6, 8})
    void expertsOfLfm2AreReadExactly(int bits) throws Exception {
        SmallFolder small = new SmallFolder();
        Path plain = small.write(folder.resolve("plain"));
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("group_size", 32, "bits", bits, "mode", "affine"));
        for (int layer = 1; layer < 3; layer++) {
            settings.put("model.layers." + layer + ".feed_forward.gate", Map.of("group_size", 32, "bits", 8));
        }
        settings.put("model.layers.2.feed_forward.switch_mlp.down_proj", Map.of("group_size", 32, "bits", 6));
        small.config.put("quantization", settings);
        small.config.put("quantization_config", settings);
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        Safetensors reference = Safetensors.read(plain.resolve("model.safetensors"));
        Map<String, String> names = Map.of("w1", "gate_proj", "w2", "down_proj", "w3", "up_proj");
        names.forEach((single, stacked) -> {
            String dense = "model.layers.0.feed_forward.";
            to.tensors.put(dense + stacked + ".weight",
                    Objects.requireNonNull(to.tensors.remove(dense + single + ".weight")));
            for (int layer = 1; layer < 3; layer++) {
                String at = "model.layers." + layer + ".feed_forward.";
                packExperts(to, reference, at + "switch_mlp." + stacked, at + "experts.", single,
                        layer == 2 && single.equals("w2") ? 6 : bits);
                for (int e = 0; e < 4; e++) {
                    to.tensors.remove(at + "experts." + e + "." + single + ".weight");
                }
            }
        });
        pack(to, reference, "model.layers.1.feed_forward.gate", 4, 32, 8, 32);
        pack(to, reference, "model.layers.2.feed_forward.gate", 4, 32, 8, 32);
        for (String layer : List.of("0", "2")) {
            to.tensors.computeIfPresent("model.layers." + layer + ".conv.conv.weight",
                    (name, kernel) -> new Safetensors.Stored(kernel.type(), List.of(32L, 3L, 1L), kernel.bytes()));
        }
        to.write(mlx.resolve("model.safetensors"));
        reference.write(plain.resolve("model.safetensors"));
        assertSameInOrder(mlx, plain);
        Path gguf = folder.resolve("out.gguf");
        Converter.convert(mlx, gguf, TensorType.F32, dev.millrace.api.Progress.NONE);
        try (ModelFile again = new GgufFormat().open(gguf)) {
            assertEquals(3, again.blueprint().layers().size());
        }
    }

    @Test
    void expertsOfQwen3AreReadExactly() throws Exception {
        SmallFolder small = new SmallFolder();
        small.tensors.clear();
        small.config.keySet().removeAll(List.of("layer_types", "num_dense_layers", "conv_L_cache", "norm_eps"));
        small.config.put("model_type", "qwen3_moe");
        small.config.put("num_hidden_layers", 1);
        small.config.put("head_dim", 8);
        small.config.put("rms_norm_eps", 1e-6);
        small.config.put("norm_topk_prob", true);
        small.add(TensorType.F32, "model.embed_tokens.weight", 40, 32);
        small.add(TensorType.F32, "model.norm.weight", 32);
        String layer = "model.layers.0.";
        small.add(TensorType.F32, layer + "input_layernorm.weight", 32);
        small.add(TensorType.F32, layer + "post_attention_layernorm.weight", 32);
        small.add(TensorType.F32, layer + "self_attn.q_proj.weight", 32, 32);
        small.add(TensorType.F32, layer + "self_attn.k_proj.weight", 16, 32);
        small.add(TensorType.F32, layer + "self_attn.v_proj.weight", 16, 32);
        small.add(TensorType.F32, layer + "self_attn.o_proj.weight", 32, 32);
        small.add(TensorType.F32, layer + "self_attn.q_norm.weight", 8);
        small.add(TensorType.F32, layer + "self_attn.k_norm.weight", 8);
        small.add(TensorType.F32, layer + "mlp.gate.weight", 4, 32);
        Path plain = small.write(folder.resolve("plain"));
        small.config.put("quantization", Map.of("group_size", 32, "bits", 4));
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        Safetensors reference = Safetensors.read(plain.resolve("model.safetensors"));
        for (String matrix : List.of("gate_proj", "up_proj", "down_proj")) {
            packExperts(to, reference, layer + "mlp.switch_mlp." + matrix, layer + "mlp.experts.", matrix, 4);
        }
        to.write(mlx.resolve("model.safetensors"));
        reference.write(plain.resolve("model.safetensors"));
        assertSameInOrder(mlx, plain);
    }

    @Test
    void layersMayHaveBitsOfTheirOwn() throws Exception {
        SmallFolder small = model();
        Path plain = small.write(folder.resolve("plain"));
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("group_size", 64, "bits", 4, "mode", "affine"));
        settings.put("model.layers.0.feed_forward.w2", Map.of("group_size", 32, "bits", 6));
        settings.put("model.layers.0.feed_forward.w1", false);
        small.config.put("quantization", settings);
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        Safetensors reference = Safetensors.read(plain.resolve("model.safetensors"));
        pack(to, reference, "model.layers.0.feed_forward.w3", 128, 128, 4, 64);
        pack(to, reference, "model.layers.0.feed_forward.w2", 128, 128, 6, 32);
        to.write(mlx.resolve("model.safetensors"));
        reference.write(plain.resolve("model.safetensors"));
        assertSame(mlx, plain);
    }

    @Test
    void smallFloatsStayAsTheyAre() throws Exception {
        SmallFolder small = model();
        small.config.put("quantization", Map.of("group_size", 32, "bits", 4, "mode", "mxfp4"));
        Path mlx = small.write(folder.resolve("mlx"));
        Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
        byte[] words = new byte[128 * 64];
        byte[] exponents = new byte[128 * 4];
        random.nextBytes(words);
        for (int i = 0; i < exponents.length; i++) {
            exponents[i] = (byte) (120 + random.nextInt(8));
        }
        String base = "model.layers.0.feed_forward.w1";
        to.tensors.put(base + ".weight", new Safetensors.Stored("U32", List.of(128L, 16L), words));
        to.tensors.put(base + ".scales", new Safetensors.Stored("U8", List.of(128L, 4L), exponents));
        to.write(mlx.resolve("model.safetensors"));
        float[] levels = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
        float[] found = Objects.requireNonNull(weights(mlx).get(base + ".weight"));
        for (int i = 0; i < found.length; i++) {
            int nibble = (words[i / 2] >> (i % 2 * 4)) & 15;
            assertEquals(levels[nibble] * (float) Math.pow(2, (exponents[i / 32] & 255) - 127), found[i], 0f);
        }
    }

    @Test
    void whatDoesNotFitIsRefusedByName() throws Exception {
        for (Map<String, Object> settings : List.<Map<String, Object>>of(Map.of(), Map.of("group_size", 64, "bits", 5),
                Map.of("group_size", 16, "bits", 4), Map.of("group_size", 128, "bits", 4),
                Map.of("group_size", 64, "bits", 8))) {
            SmallFolder small = model();
            small.config.put("quantization", settings);
            Path mlx = small.write(folder.resolve("mlx"));
            Safetensors to = Safetensors.read(mlx.resolve("model.safetensors"));
            pack(to, new Safetensors(), "model.layers.0.feed_forward.w1", 128, 128, 4, 64);
            to.write(mlx.resolve("model.safetensors"));
            ModelFormatException e = assertThrows(ModelFormatException.class, () -> new SafetensorsFormat().open(mlx));
            assertTrue(e.getMessage().contains("feed_forward.w1.weight"), e::getMessage);
        }
    }
}
