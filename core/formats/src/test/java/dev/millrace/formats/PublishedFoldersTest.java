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
import dev.millrace.json.Json;
import dev.millrace.spi.model.Blueprint;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders in forms in which they are published, made from reference data of another form. */
class PublishedFoldersTest {

    /** What a nibble stands for (OCP Microscaling Formats, E2M1), without a sign of zero. */
    private static final float[] E2M1 = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};

    @TempDir
    Path temporary;

    private Path copy(String family) throws IOException {
        Path golden = Shared.path("golden/families/" + family);
        Path folder = Files.createDirectory(temporary.resolve(family));
        try (Stream<Path> files = Files.list(golden)) {
            for (Path file : files.filter(f -> !f.toString().endsWith(".gguf")).toList()) {
                Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        return folder;
    }

    private static Map<String, Object> config(Path folder) throws IOException {
        Map<String, Object> config = new LinkedHashMap<>();
        ((Map<?, ?>) Objects.requireNonNull(Json.parse(Files.readString(folder.resolve("config.json")))))
                .forEach((key, value) -> {
                    if (value != null) {
                        config.put(String.valueOf(key), value);
                    }
                });
        return config;
    }

    private static Map<String, byte[]> bytes(ModelFile model) throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        int number = 0;
        for (Tensor tensor : model.blueprint().tensors()) {
            try (Arena arena = Arena.ofConfined()) {
                all.put(number++ + " " + tensor.type() + " " + tensor.rows() + " x " + tensor.columns(),
                        tensor.map(arena).toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return all;
    }

    /** Both ways in which transformers names the tensors of a model that also reads images. */
    @ParameterizedTest
    @CsvSource({"language_model.model.,vision_tower.", "model.language_model.,model.vision_tower."})
    void theTextPartOfAModelThatReadsImagesRuns(String prefix, String vision) throws IOException {
        Path folder = copy("gemma3");
        Map<String, byte[]> alone;
        try (ModelFile model = GoldenModelsTest.open(folder)) {
            alone = bytes(model);
        }
        Safetensors weights = Safetensors.read(folder.resolve("model.safetensors"));
        Safetensors renamed = new Safetensors();
        weights.tensors.forEach((name, tensor) -> renamed.tensors.put(name.replaceFirst("^model\\.", prefix), tensor));
        renamed.tensors.put(vision + "patch.weight", new Safetensors.Stored("F32", List.of(2, 2), new byte[16]));
        renamed.tensors.put(vision + "patch.bias", new Safetensors.Stored("F32", List.of(2), new byte[8]));
        renamed.write(folder.resolve("model.safetensors"));
        Map<String, Object> text = config(folder);
        Files.writeString(folder.resolve("config.json"), Json.write(Map.of("model_type", "gemma3", "architectures",
                List.of("Gemma3ForConditionalGeneration"), "text_config", text, "vision_config",
                Map.of("model_type", "siglip_vision_model", "hidden_size", 1152), "eos_token_id", List.of(1, 2))));
        try (ModelFile model = GoldenModelsTest.open(folder)) {
            assertEquals("gemma3", model.blueprint().architecture());
            assertEquals(List.of(vision + "patch.weight", vision + "patch.bias"), model.unusedTensors());
            Map<String, byte[]> nested = bytes(model);
            assertEquals(alone.keySet(), nested.keySet());
            alone.forEach((name, bytes) -> assertArrayEquals(bytes, nested.get(name), name));
        }
        // what published files leave out has the size of published models: found by the shapes, never read as something else
        text.remove("vocab_size");
        Files.writeString(folder.resolve("config.json"),
                Json.write(Map.of("model_type", "gemma3", "text_config", text)));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> GoldenModelsTest.open(folder).close());
        assertTrue(String.valueOf(e.getMessage()).contains("262208"), e.getMessage());
    }

    /** Experts in two tensors of bytes each, as the hub has them, are the numbers that they stand for. */
    @Test
    void microscaledExpertsAreReadExactlyAndPassedOn() throws IOException {
        Path folder = copy("gptoss");
        Path plain = temporary.resolve("plain");
        Files.createDirectory(plain);
        Safetensors weights = Safetensors.read(folder.resolve("model.safetensors"));
        Safetensors floats = new Safetensors();
        Safetensors packed = new Safetensors();
        Random random = new Random(7);
        weights.tensors.forEach((name, tensor) -> {
            if (name.endsWith("_proj") && name.contains("experts")) {
                pack(name, tensor, packed, floats, random);
            } else {
                packed.tensors.put(name, tensor);
                floats.tensors.put(name, tensor);
            }
        });
        Map<String, Object> config = config(folder);
        Files.writeString(plain.resolve("config.json"), Json.write(config));
        floats.write(plain.resolve("model.safetensors"));
        config.put("quantization_config",
                Map.of("quant_method", "mxfp4", "modules_to_not_convert", List.of("lm_head")));
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        packed.write(folder.resolve("model.safetensors"));
        for (TensorType type : List.of(TensorType.F32, TensorType.Q8_0)) {
            Path gguf = temporary.resolve(type + ".gguf");
            Converter.convert(folder, gguf, type, Progress.NONE);
            try (ModelFile a = GoldenModelsTest.open(plain);
                    ModelFile b = GoldenModelsTest.open(folder);
                    ModelFile c = GoldenModelsTest.open(gguf)) {
                assertEquals(List.of(), b.unusedTensors());
                List<Tensor> exact = experts(a.blueprint());
                List<Tensor> joined = experts(b.blueprint());
                List<Tensor> written = experts(c.blueprint());
                assertEquals(4 * 4 * 3, exact.size());
                for (int i = 0; i < exact.size(); i++) {
                    assertEquals(TensorType.MXFP4, joined.get(i).type());
                    assertEquals(TensorType.MXFP4, written.get(i).type());
                    float[] expected = Tensors.values(exact.get(i));
                    assertArrayEquals(expected, Tensors.values(joined.get(i)), exact.get(i).name());
                    assertArrayEquals(expected, Tensors.values(written.get(i)), exact.get(i).name());
                    try (Arena arena = Arena.ofConfined()) {
                        assertArrayEquals(expected, Tensors.decoded(TensorType.MXFP4, joined.get(i).map(arena)));
                    }
                }
            }
        }
    }

    /** Random blocks and scales in place of a tensor {@code [expert][column][row]}, and the floats that they stand for. */
    private static void pack(String name, Safetensors.Stored tensor, Safetensors packed, Safetensors floats,
            Random random) {
        int count = ((Long) tensor.shape().get(0)).intValue();
        int columns = ((Long) tensor.shape().get(1)).intValue();
        int rows = ((Long) tensor.shape().get(2)).intValue();
        int groups = columns / 32;
        byte[] blocks = new byte[count * rows * groups * 16];
        byte[] scales = new byte[count * rows * groups];
        random.nextBytes(blocks);
        ByteBuffer values = ByteBuffer.allocate(count * rows * columns * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < scales.length; i++) {
            scales[i] = (byte) (118 + random.nextInt(8));
            int row = i / groups % rows;
            int expert = i / groups / rows;
            for (int v = 0; v < 32; v++) {
                int nibble = blocks[i * 16 + v / 2] >> (v % 2 * 4) & 15;
                int column = i % groups * 32 + v;
                values.putFloat(((expert * columns + column) * rows + row) * 4,
                        Math.scalb(E2M1[nibble], (scales[i] & 0xff) - 127));
            }
        }
        packed.tensors.put(name + "_blocks",
                new Safetensors.Stored("U8", List.of(count, rows, groups, 16), blocks));
        packed.tensors.put(name + "_scales", new Safetensors.Stored("U8", List.of(count, rows, groups), scales));
        floats.tensors.put(name, new Safetensors.Stored("F32", tensor.shape(), values.array()));
    }

    private static List<Tensor> experts(Blueprint blueprint) {
        List<Tensor> all = new ArrayList<>();
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.feedForward() instanceof Blueprint.Experts e) {
                for (Blueprint.Dense expert : e.experts()) {
                    all.addAll(List.of(expert.gate().weight(), expert.up().weight(), expert.down().weight()));
                }
            }
        }
        return all;
    }

    @Test
    void blocksAndScalesThatDoNotFitAreRefused() throws IOException {
        Path folder = copy("gptoss");
        Safetensors weights = Safetensors.read(folder.resolve("model.safetensors"));
        Safetensors packed = new Safetensors();
        Safetensors floats = new Safetensors();
        weights.tensors.forEach((name, tensor) -> {
            if (name.endsWith("_proj") && name.contains("experts")) {
                pack(name, tensor, packed, floats, new Random(1));
            } else {
                packed.tensors.put(name, tensor);
            }
        });
        Map<String, Object> config = config(folder);
        config.put("quantization_config", Map.of("quant_method", "mxfp4"));
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        String scales = "model.layers.1.mlp.experts.down_proj_scales";
        Safetensors.Stored good = Objects.requireNonNull(packed.tensors.get(scales));
        List<Object> longer = new ArrayList<>(good.shape());
        longer.set(1, 1L + Long.parseLong(String.valueOf(longer.get(1))));
        List<Safetensors.Stored> lies = List.of(new Safetensors.Stored("I8", good.shape(), good.bytes()),
                new Safetensors.Stored("U8", longer, good.bytes()),
                new Safetensors.Stored("U8", good.shape(), Arrays.copyOf(good.bytes(), 5)),
                new Safetensors.Stored("U8", List.of(), good.bytes()));
        for (Safetensors.Stored lie : lies) {
            packed.tensors.put(scales, lie);
            packed.write(folder.resolve("model.safetensors"));
            assertThrows(ModelFormatException.class, () -> GoldenModelsTest.open(folder).close(), lie.toString());
        }
        packed.tensors.remove(scales);
        packed.write(folder.resolve("model.safetensors"));
        assertThrows(ModelFormatException.class, () -> GoldenModelsTest.open(folder).close());
        packed.tensors.put(scales, good);
        packed.write(folder.resolve("model.safetensors"));
        GoldenModelsTest.open(folder).close();
    }

    /** Folders whose tensors alone tell that they are quantised. */
    @ParameterizedTest
    @ValueSource(strings = {"qweight", "weight_packed"})
    void packedWeightsAreNamed(String ending) throws IOException {
        Path folder = copy("llama3");
        Safetensors weights = Safetensors.read(folder.resolve("model.safetensors"));
        Safetensors packed = new Safetensors();
        weights.tensors.forEach((name, tensor) -> packed.tensors
                .put(name.replaceFirst("(_proj\\.)weight$", "$1" + ending), tensor));
        packed.write(folder.resolve("model.safetensors"));
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> GoldenModelsTest.open(folder).close());
        assertTrue(String.valueOf(e.getMessage()).contains("AWQ") && String.valueOf(e.getMessage()).contains("GGUF"),
                e.getMessage());
    }
}
