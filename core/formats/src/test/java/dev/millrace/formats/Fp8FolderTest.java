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
import dev.millrace.api.Progress;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.ScaledTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders in floats of 8 bits, against numpy and against the same weights in F32. */
class Fp8FolderTest {

    private static final String MATRIX = "model.layers.0.conv.in_proj";

    @TempDir
    Path folder;

    private static float[] floats(byte[] bytes) {
        float[] values = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    /** Values, scales of blocks of 2 rows and 3 columns, and their products, made by numpy. */
    @Test
    void blocksThatAreCutOffAreReadAsNumpyComputesThem() throws IOException {
        byte[] values = HexFormat.of()
                .parseHex("dcf76f40f77bfb0ab94da32f4fe5491655ee9b45aaf2073c713691e4fafcf6aedd7b48");
        byte[] scales = HexFormat.of().parseHex("6a1bff3db605ee3d00315c3b6ac37b3dc6fa7e3d4901ad3db82e6c3c5ebb733d30413c"
                + "3d");
        float[] expected = floats(HexFormat.of()
                .parseHex("90543fc0b329efc1b3296f41b6056e3e5b25dfc1eda32342b06197bf22711f3b6c7f0f"
                        + "be46464f3feda3a3bc5b255f3d5b255f3fd0e732beec9d8d3efd4a5c3bc68e4c3f6d1b"
                        + "dfc0684cafbbc12b4f3e9b41d8bc225a1dc1fd4a5c3a90d2bc3d0f6d0f416d1b5f3d0f"
                        + "6d0fbbf7c081c0339d93c00a23b1c0e1a84ec0f243d5bc3c08c6bfd190a74130413c3e"));
        Path file = folder.resolve("tensors");
        Files.write(file, values);
        Files.write(file, scales, java.nio.file.StandardOpenOption.APPEND);
        try (WeightFile weights = new WeightFile(file); Arena arena = Arena.ofConfined()) {
            Tensor tensor = new ScaledTensor("w", 5, 7, weights, 0,
                    new FileTensor("s", TensorType.F32, 3, 3, weights, 35), 0, 2, 3);
            assertArrayEquals(expected, tensor.map(arena).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
            for (int first = 0; first < 5; first++) {
                for (int count = 1; first + count <= 5; count++) {
                    float[] part = new float[count * 7];
                    tensor.slice(first, count).read(0, count, part, 0);
                    float[] same = new float[count * 7];
                    tensor.slice(first, 5 - first).slice(0, count).read(0, count, same, 0);
                    float[] wanted = java.util.Arrays.copyOfRange(expected, first * 7, (first + count) * 7);
                    assertArrayEquals(wanted, part);
                    assertArrayEquals(wanted, same);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"00, 0", "01, 0.001953125", "07, 0.013671875", "08, 0.015625", "38, 1", "39, 1.125", "40, 2", "7e, 448",
            "fe, -448", "b8, -1", "80, -0.0", "55, 13", "2b, 0.34375", "7f, NaN", "ff, NaN"})
    void bitsMeanWhatTheSpecificationSays(String bits, float value) throws IOException {
        Path file = folder.resolve("one");
        Files.write(file, HexFormat.of().parseHex(bits + "0000803f"));
        try (WeightFile weights = new WeightFile(file)) {
            float[] read = new float[1];
            new ScaledTensor("w", 1, 1, weights, 0, new FileTensor("s", TensorType.F32, 1, 1, weights, 1), 0, 1, 1)
                    .read(0, 1, read, 0);
            assertEquals(value, read[0]);
        }
    }

    private static SmallFolder small(Map<String, Object> settings) {
        SmallFolder small = new SmallFolder();
        small.config.put("quantization_config", settings);
        return small;
    }

    /** Puts random floats of 8 bits and scales in the place of a matrix of 96 x 32; gives what they mean. */
    private float[] pack(Path model, String ending, List<Long> shape, int rows, int columns) throws IOException {
        Random random = new Random(6);
        Safetensors file = Safetensors.read(model.resolve("model.safetensors"));
        byte[] bits = new byte[96 * 32];
        random.nextBytes(bits);
        int across = Math.ceilDiv(32, columns);
        float[] scales = new float[Math.ceilDiv(96, rows) * across];
        ByteBuffer stored = ByteBuffer.allocate(scales.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < scales.length; i++) {
            scales[i] = random.nextFloat() / 100;
            stored.putFloat(scales[i]);
        }
        float[] values = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            if ((bits[i] & 127) == 127) {
                bits[i] = 0;
            }
            int exponent = (bits[i] & 127) / 8;
            double size = exponent == 0
                    ? (bits[i] & 7) / 8.0 * Math.pow(2, -6)
                    : (1 + (bits[i] & 7) / 8.0) * Math.pow(2, exponent - 7);
            values[i] = (float) (bits[i] < 0 ? -size : size) * scales[i / 32 / rows * across + i % 32 / columns];
        }
        file.tensors.put(MATRIX + ".weight", new Safetensors.Stored("F8_E4M3", List.of(96L, 32L), bits));
        file.tensors.put(MATRIX + ending, new Safetensors.Stored("F32", shape, stored.array()));
        file.write(model.resolve("model.safetensors"));
        return values;
    }

    private static float[] matrix(ModelFile model) throws IOException {
        Tensor tensor = model.blueprint().tensors().stream().filter(one -> one.name().equals(MATRIX + ".weight"))
                .findFirst().orElseThrow();
        float[] values = new float[96 * 32];
        tensor.read(0, 96, values, 0);
        return values;
    }

    private void read(SmallFolder small, String ending, List<Long> shape, int rows, int columns) throws IOException {
        Path model = small.write(folder.resolve("model"));
        float[] expected = pack(model, ending, shape, rows, columns);
        try (ModelFile opened = new SafetensorsFormat().open(model)) {
            assertArrayEquals(expected, matrix(opened));
            assertEquals(List.of(), opened.unusedTensors());
        }
        Path gguf = folder.resolve("out.gguf");
        Converter.convert(model, gguf, TensorType.F32, Progress.NONE);
        try (ModelFile again = new GgufFormat().open(gguf)) {
            assertTrue(again.blueprint().tensors().stream().anyMatch(tensor -> {
                float[] values = new float[(int) (tensor.rows() * tensor.columns())];
                try {
                    tensor.read(0, (int) tensor.rows(), values, 0);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
                return java.util.Arrays.equals(expected, values);
            }));
        }
    }

    @Test
    void blocksAsTransformersWritesThem() throws IOException {
        read(small(Map.of("quant_method", "fp8", "fmt", "e4m3", "activation_scheme", "dynamic", "weight_block_size",
                List.of(64, 24))), ".weight_scale_inv", List.of(2L, 2L), 64, 24);
    }

    @Test
    void oneScaleForTheMatrix() throws IOException {
        read(small(Map.of("quant_method", "fp8", "activation_scheme", "static")), ".weight_scale_inv", List.of(), 96,
                32);
    }

    @Test
    void aScaleForEachRowAsCompressedTensorsWritesThem() throws IOException {
        read(small(Map.of("quant_method", "compressed-tensors", "format", "float-quantized")), ".weight_scale",
                List.of(96L, 1L), 1, 32);
    }

    @ParameterizedTest
    @ValueSource(strings = {"shape", "missing", "type", "blocks", "negative"})
    void whatDoesNotFitIsRefusedByItsName(String damage) throws IOException {
        Map<String, Object> settings = Map.of("quant_method", "fp8", "weight_block_size",
                switch (damage) {
                    case "blocks" -> List.of(64, 8);
                    case "negative" -> List.of(-64, 0);
                    default -> List.of(64, 24);
                });
        Path model = small(settings).write(folder.resolve("model"));
        pack(model, ".weight_scale_inv", List.of(2L, 2L), 64, 24);
        Safetensors file = Safetensors.read(model.resolve("model.safetensors"));
        Safetensors.Stored scales = Objects.requireNonNull(file.tensors.remove(MATRIX + ".weight_scale_inv"));
        if (!damage.equals("missing")) {
            file.tensors.put(MATRIX + ".weight_scale_inv", new Safetensors.Stored(
                    damage.equals("type") ? "I32" : "F32",
                    damage.equals("shape") ? List.of(4L, 1L) : scales.shape(), scales.bytes()));
        }
        file.write(model.resolve("model.safetensors"));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> new SafetensorsFormat().open(model));
        assertTrue(e.getMessage().contains(MATRIX + ".weight") && e.getMessage().contains("scales"), e.getMessage());
    }
}
