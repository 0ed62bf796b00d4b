/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FolderTest {

    private final SmallFolder small = new SmallFolder();
    @TempDir
    private Path temp;

    private ModelFile open() throws IOException {
        return new SafetensorsFormat().open(small.write(temp.resolve("model")));
    }

    private void refused(String part) throws IOException {
        Path folder = small.write(temp.resolve("model"));
        ModelFormatException e = assertThrows(ModelFormatException.class,
                () -> new SafetensorsFormat().open(folder).close());
        assertTrue(e.part().contains(part), e.getMessage());
    }

    @Test
    void shardsAndFusedExpertsGiveTheSameModel() throws IOException {
        Path whole = small.write(temp.resolve("whole"));
        Path sharded = small.writeSharded(temp.resolve("sharded"));
        small.fuseExperts();
        Path fused = small.write(temp.resolve("fused"));
        for (Path other : List.of(sharded, fused)) {
            assertTrue(new SafetensorsFormat().recognises(other));
            try (ModelFile a = new SafetensorsFormat().open(whole); ModelFile b = new SafetensorsFormat().open(other)) {
                List<Tensor> x = a.blueprint().tensors();
                List<Tensor> y = b.blueprint().tensors();
                assertEquals(x.size(), y.size());
                for (int i = 0; i < x.size(); i++) {
                    assertEquals(List.of(x.get(i).rows(), x.get(i).columns()),
                            List.of(y.get(i).rows(), y.get(i).columns()));
                    assertArrayEquals(Tensors.values(x.get(i)),
                            Tensors.values(y.get(i)), y.get(i).name());
                }
            }
        }
        Files.delete(sharded.resolve("part-1.safetensors"));
        assertThrows(ModelFormatException.class, () -> new SafetensorsFormat().open(sharded).close());
    }

    @Test
    void anIndexThatLiesIsRefused() throws IOException {
        Path folder = small.writeSharded(temp.resolve("sharded"));
        Path index = folder.resolve("model.safetensors.index.json");
        String good = Files.readString(index);
        String norm = "\"model.embedding_norm.weight\": ";
        assertTrue(good.contains(norm + "\"part-1.safetensors\""), good);
        for (String bad : List.of("{}", "{\"weight_map\": []}", "{\"weight_map\": {}}", "{\"weight_map\": ",
                good.replace("part-0", "../sharded/part-0"), good.replace("part-0", "part-2"),
                good.replace("part-0", "part\\u0000"), good.replace("part-0.safetensors", "config.json"),
                good.replace(norm + "\"part-1", norm + "\"part-0"), good.replace(norm, "\"other\": "),
                good.replace(norm + "\"part-1.safetensors\"", norm + "null"),
                good.replace(norm, "\"other\": \"part-1.safetensors\", " + norm))) {
            Files.writeString(index, bad);
            assertThrows(ModelFormatException.class, () -> new SafetensorsFormat().open(folder).close(), bad);
        }
        Files.writeString(index, good);
        new SafetensorsFormat().open(folder).close();
    }

    @Test
    void oldKeysOfConfigurationsAreRead() throws IOException {
        small.config.put("model_type", "lfm2");
        small.config.remove("layer_types");
        small.config.put("full_attn_idxs", List.of(1));
        small.config.remove("rope_parameters");
        small.config.put("theta", 5e5);
        small.config.remove("intermediate_size");
        small.config.remove("tie_word_embeddings");
        small.config.put("tie_embedding", true);
        small.config.put("block_ff_dim", 90);
        small.config.put("block_auto_adjust_ff_dim", true);
        small.config.put("block_ffn_dim_multiplier", 1.0);
        small.config.put("block_multiple_of", 64);
        for (int i = 1; i < 3; i++) {
            String layer = "model.layers." + i + ".feed_forward.";
            small.tensors.keySet().removeIf(name -> name.startsWith(layer));
            small.add(TensorType.BF16, layer + "w1.weight", 64, 32);
            small.add(TensorType.BF16, layer + "w2.weight", 32, 64);
            small.add(TensorType.BF16, layer + "w3.weight", 64, 32);
        }
        try (ModelFile model = open()) {
            Blueprint.Attention attention = assertInstanceOf(Blueprint.Attention.class,
                    model.blueprint().layers().get(1).mixer());
            assertEquals(5e5f, ((Position.Rope) attention.position()).base());
            assertEquals("lfm2", model.blueprint().architecture());
        }
    }

    @Test
    void anUntiedHeadIsTaken() throws IOException {
        small.config.put("tie_word_embeddings", false);
        small.add(TensorType.BF16, "lm_head.weight", 40, 32);
        try (ModelFile model = open()) {
            assertEquals("lm_head.weight", model.blueprint().head().name());
        }
        small.config.put("tie_word_embeddings", true);
        try (ModelFile model = open()) {
            assertEquals("model.embed_tokens.weight", model.blueprint().head().name());
        }
    }

    @Test
    void generationDefaultsAreRead() throws IOException {
        try (ModelFile model = open()) {
            assertEquals(Sampling.greedy().withTemperature(0.3).withTopK(7).withMinP(0.15).withRepetitionPenalty(1.05),
                    model.sampling());
            assertEquals(Set.of(2, 3), model.endTokens());
        }
        small.texts.put("generation_config.json", "{\"do_sample\": false, \"temperature\": 0.7, \"eos_token_id\": 1}");
        try (ModelFile model = open()) {
            assertEquals(Sampling.greedy(), model.sampling());
            assertEquals(Set.of(1, 2, 3), model.endTokens());
        }
    }

    /** One that the vocabulary does not have never comes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [1, 40, null, -1]     | 1 | 1
            1.0                   | 1 | 0
            [1, "2", 1.5, -7]     | 1 | 3
            null                  |   | 0
            "1"                   |   | 1
            {"id": 1}             |   | 1
            """)
    void endTokensThatDoNotExistArePassedOver(String stated, @Nullable Integer more, int notes) throws IOException {
        small.texts.put("generation_config.json", "{\"eos_token_id\": " + stated + "}");
        try (ModelFile model = open()) {
            assertEquals(more == null ? Set.of(2, 3) : Set.of(2, 3, more), model.endTokens());
            assertEquals(notes, model.notes().size(), model.notes().toString());
        }
    }

    @Test
    void whatABlueprintCannotExpressIsRefused() throws IOException {
        for (Map.Entry<String, Object> entry : Map
                .<String, Object>of("rope_scaling", Map.of("rope_type", "spiral"), "conv_bias", true,
                        "quantization_config", Map.of("bits", 4), "num_attention_heads", 3, "num_experts_per_tok", 5,
                        "vocab_size", 0, "num_hidden_layers", 1_000_000_000, "model_type", "mamba")
                .entrySet()) {
            Object before = small.config.put(entry.getKey(), entry.getValue());
            refused(entry.getKey().equals("rope_scaling") ? "rope_scaling.rope_type" : entry.getKey());
            small.config.put(entry.getKey(), before);
        }
        small.add(TensorType.F32, "model.layers.0.conv.conv.bias", 32);
        refused("model.layers.0.conv.conv.bias");
    }

    @Test
    void missingAndMisshapenTensorsAreNamed() throws IOException {
        small.add(TensorType.BF16, "model.layers.1.self_attn.k_proj.weight", 8, 32);
        refused("model.layers.1.self_attn.k_proj.weight");
        small.tensors.remove("model.layers.1.self_attn.k_proj.weight");
        refused("model.layers.1.self_attn.k_proj.weight");
    }

    @Test
    void aShortenedFileIsNotMapped() throws IOException {
        try (ModelFile model = open(); Arena arena = Arena.ofConfined()) {
            Tensor tensor = model.blueprint().embedding();
            assertEquals(tensor.byteSize(), tensor.map(arena).byteSize());
            Path file = temp.resolve("model/model.safetensors");
            byte[] bytes = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(bytes, bytes.length - 1), StandardOpenOption.TRUNCATE_EXISTING);
            assertThrows(IOException.class, () -> tensor.map(arena));
        }
    }

    @Test
    void anInterruptedThreadDoesNotCloseTheFileForOthers() throws IOException {
        try (ModelFile model = open()) {
            Tensor tensor = model.blueprint().embedding();
            float[] row = new float[32];
            Thread.currentThread().interrupt();
            assertThrows(IOException.class, () -> tensor.read(0, 1, row, 0));
            assertTrue(Thread.interrupted());
            tensor.read(0, 1, row, 0);
            assertFalse(row[0] == 0);
        }
    }

    @Test
    void aClosedModelReadsNoMore() throws IOException {
        ModelFile model = open();
        model.close();
        model.close();
        assertThrows(IOException.class, () -> model.blueprint().embedding().read(0, 1, new float[32], 0));
    }

    @Test
    void rowsOutsideATensorAreRefused() throws IOException {
        try (ModelFile model = open()) {
            Tensor tensor = model.blueprint().embedding();
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.read(39, 2, new float[64], 0));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.read(0, 2, new float[63], 0));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.slice(40, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.slice(0, 0));
        }
    }
}
