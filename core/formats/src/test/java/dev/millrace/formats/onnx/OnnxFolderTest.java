/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.OnnxFormat;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.StateShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders around graphs that hold nothing but what can be read without running them. */
class OnnxFolderTest {

    private static final String CONFIG = """
            {"model_type": "lfm2", "vocab_size": 100, "hidden_size": 8, "max_position_embeddings": 64,
             "conv_L_cache": 3, "eos_token_id": 7}
            """;

    private static final String KEYS = "past_key_values.0.key";
    private static final String VALUES = "past_key_values.0.value";

    @TempDir
    Path folder;

    // ---- a graph's header, written by hand

    private static byte[] field(int number, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write((number << 3) | 2);
        int length = content.length;
        while (length > 127) {
            out.write((length & 127) | 128);
            length >>>= 7;
        }
        out.write(length);
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] text(int number, String content) {
        return field(number, content.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** An input (11) or output (12) of floats; sizes below zero have names instead. */
    private static byte[] port(int number, String name, int... sizes) {
        return port(1, number, name, sizes);
    }

    private static byte[] port(int type, int number, String name, int... sizes) {
        ByteArrayOutputStream shape = new ByteArrayOutputStream();
        for (int size : sizes) {
            shape.writeBytes(field(1, size < 0 ? text(2, "free") : new byte[]{8, (byte) size}));
        }
        byte[] tensor = joined(new byte[]{8, (byte) type}, field(2, shape.toByteArray()));
        return field(number, joined(text(1, name), field(2, field(1, tensor))));
    }

    private static byte[] external(String file, String length) {
        return field(5, joined(text(8, "w"), field(13, joined(text(1, "location"), text(2, file))),
                field(13, joined(text(1, "length"), text(2, length)))));
    }

    private static byte[] decoder(byte[]... more) {
        return joined(port(11, "input_ids", -1, -1), port(11, "past_conv.0", -1, 8, 3),
                port(11, "past_key_values.1.key", -1, 2, -1, 4), port(11, "past_key_values.1.value", -1, 2, -1, 4),
                port(12, "logits", -1, -1, 100), joined(more));
    }

    private Path write(String name, byte[] graph) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, field(7, graph));
    }

    private static Graph open(Path path) {
        assertTrue(new OnnxFormat().recognises(path));
        try (ModelFile file = new OnnxFormat().open(path)) {
            assertEquals(Set.of(7), file.endTokens());
            assertThrows(ModelFormatException.class, file::blueprint);
            return assertInstanceOf(Graph.class, file.program());
        }
    }

    private String refusal(Path path) {
        return assertThrows(ModelFormatException.class, () -> new OnnxFormat().open(path)).getMessage();
    }

    private static List<String> names(Graph graph) {
        return graph.variants().stream().map(Graph.Variant::name).toList();
    }

    @Test
    void variantsAndShapesOfAPublishedFolder() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        for (String name : List.of("model.onnx", "model_fp16.onnx", "model_q4.onnx", "model_q4f16.onnx",
                "model_quantized.onnx")) {
            write("onnx/" + name, decoder());
        }
        Graph graph = open(folder);
        assertEquals(List.of("fp32", "fp16", "q4", "q4f16", "q8"), names(graph));
        assertEquals(List.of(new StateShape.ConvColumns(8, 2), new StateShape.KeyValues(2, 4)), graph.stateShapes());
        assertEquals(100, graph.vocabularySize());
        assertEquals(64, graph.contextLength());
        assertEquals(List.of("q4"), names(open(folder.resolve("onnx/model_q4.onnx"))));
    }

    @Test
    void graphsMayLieBesideTheConfiguration() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        write("model_q4.onnx", decoder());
        assertEquals(List.of("q4"), names(open(folder)));
    }

    @Test
    void genaiFoldersDescribeThemselves() throws IOException {
        Files.writeString(folder.resolve("genai_config.json"), """
                {"model": {"type": "lfm2", "vocab_size": 100, "context_length": 64, "eos_token_id": [7],
                 "decoder": {"filename": "model.onnx", "hidden_size": 8}},
                 "search": {"do_sample": true, "temperature": 0.3, "top_k": 1}}
                """);
        assertTrue(refusal(folder).contains("model.onnx"));
        write("model.onnx", decoder());
        assertEquals(List.of("fp32"), names(open(folder)));
        try (ModelFile file = new OnnxFormat().open(folder)) {
            assertEquals(0.3, file.sampling().temperature());
        }
        for (String name : List.of("../model.onnx", "a/../../model.onnx", "/model.onnx", "a\\u0000.onnx", ".onnx",
                "model.bin")) {
            Files.writeString(folder.resolve("genai_config.json"),
                    "{\"model\": {\"vocab_size\": 100, \"decoder\": {\"filename\": \"" + name + "\"}}}");
            assertTrue(refusal(folder).contains("same folder"));
        }
    }

    @Test
    void weightsInFilesOfTheirOwnAreLookedFor() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        Path graph = write("model.onnx",
                decoder(external("model.onnx_data", "10"), external("model.onnx_data_1", "20")));
        assertTrue(refusal(folder).contains("model.onnx_data is missing"));
        Files.write(folder.resolve("model.onnx_data"), new byte[10]);
        Files.write(folder.resolve("model.onnx_data_1"), new byte[19]);
        assertTrue(refusal(folder).contains("cut off after 19 of 20"));
        Files.write(folder.resolve("model.onnx_data_1"), new byte[20]);
        Graph.Variant variant = open(folder).variants().getFirst();
        assertEquals(2, variant.weights().size());
        assertEquals(Files.size(graph) + 30, variant.bytes());
        write("model.onnx", decoder(external("../secret", "1")));
        assertTrue(refusal(folder).contains("same folder"));
        write("model.onnx", decoder(external("model.onnx_data", "many")));
        assertTrue(refusal(folder).contains("damaged"));
    }

    @Test
    void whatIsNoDecoderIsRefused() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        write("model.onnx", joined(port(11, "pixel_values", -1, 3), port(12, "logits", -1, 10)));
        assertTrue(refusal(folder).contains("input_ids"));
        write("model.onnx", joined(port(11, "input_ids", -1, -1), port(12, "logits", -1, -1, 100)));
        assertTrue(refusal(folder).contains("past_key_values"));
        write("model.onnx", decoder(port(11, "past_conv.3", -1, 8, 3)));
        assertTrue(refusal(folder).contains("none for layer 2"));
        write("model.onnx", joined(port(11, "input_ids", -1, -1), port(11, "past_conv.0", -1, 8, 3)));
        assertTrue(refusal(folder).contains("logits"));
        write("model.onnx", new byte[0]);
        assertTrue(refusal(folder).contains("input_ids"));
        Files.write(folder.resolve("model.onnx"), new byte[]{58, 127, 1});
        assertTrue(refusal(folder).contains("damaged"));
    }

    @Test
    void otherFoldersAreLeftToOthers() throws IOException {
        assertFalse(new OnnxFormat().recognises(folder));
        Files.writeString(folder.resolve("config.json"), CONFIG);
        assertFalse(new OnnxFormat().recognises(folder));
        assertFalse(new OnnxFormat().recognises(folder.resolve("config.json")));
    }

    private static byte[] attention(String keys, String values, int heads, int size) {
        return joined(port(11, "input_ids", -1, -1), port(11, keys, -1, heads, -1, size),
                port(11, values, -1, heads, -1, size), port(12, "logits", -1, -1, 100));
    }

    /** A weight (5) of some shape, without values. */
    private static byte[] weight(String name, int type, int... sizes) {
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        for (int size : sizes) {
            tensor.writeBytes(new byte[]{8, (byte) size});
        }
        tensor.writeBytes(new byte[]{16, (byte) type});
        return field(5, joined(tensor.toByteArray(), text(8, name)));
    }

    @Test
    void aBrokenVariantIsToldOfAndTheOthersAreUsed() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        write("model.onnx", decoder(external("model.onnx_data", "10")));
        write("model_q4.onnx", decoder());
        Files.writeString(folder.resolve("model_fp16.onnx"),
                "version https://git-lfs.github.com/spec/v1\noid sha256:1");
        write("model_q8.onnx", joined(port(11, "pixel_values", -1, 3), port(12, "logits", -1, 10)));
        assertEquals(List.of("q4"), names(open(folder)));
        try (ModelFile file = new OnnxFormat().open(folder)) {
            String notes = file.notes().toString();
            assertTrue(notes.contains("model.onnx_data is missing"), notes);
            assertTrue(notes.contains("model_fp16.onnx") && notes.contains("git lfs pull"), notes);
            assertTrue(notes.contains("model_q8.onnx") && notes.contains("input_ids"), notes);
        }
        Files.writeString(folder.resolve("model.onnx_data"), "version https://git-lfs.github.com/spec/v1");
        Files.delete(folder.resolve("model_q4.onnx"));
        write("model.onnx", decoder(external("model.onnx_data", "1000")));
        assertTrue(refusal(folder.resolve("model.onnx")).contains("git lfs pull"));
    }

    @Test
    void sizesThatTheGraphLeavesOpenAreLookedForEverywhere() throws IOException {
        byte[] open = attention(KEYS, VALUES, 2, -1);
        Files.writeString(folder.resolve("config.json"), CONFIG);
        write("model.onnx", open);
        String message = refusal(folder);
        assertTrue(message.contains(KEYS) && message.contains("\"free\"") && message.contains("head_size"), message);
        write("model.onnx", joined(open, port(12, "present.0.key", -1, 2, -1, 16)));
        assertEquals(List.of(new StateShape.KeyValues(2, 16)), open(folder).stateShapes());
        write("model.onnx", joined(open, weight("layers.0.k_proj.MatMul.weight", 1, 8, 24)));
        assertEquals(List.of(new StateShape.KeyValues(2, 12)), open(folder).stateShapes());
        write("model.onnx", joined(open, weight("layers.0.k_proj.MatMul.weight_quant", 2, 24, 1, 16)));
        assertEquals(List.of(new StateShape.KeyValues(2, 12)), open(folder).stateShapes());
        write("model.onnx", joined(open, weight("layers.0.attn.k_norm.layernorm.weight", 1, 20)));
        assertEquals(List.of(new StateShape.KeyValues(2, 20)), open(folder).stateShapes());
        write("model.onnx", attention(KEYS, VALUES, -1, -1));
        Files.writeString(folder.resolve("config.json"), CONFIG.replace("}",
                ", \"num_attention_heads\": 4, \"num_key_value_heads\": 1}"));
        assertEquals(List.of(new StateShape.KeyValues(1, 2)), open(folder).stateShapes());
    }

    @Test
    void otherKeysAndNestedOnesAreRead() throws IOException {
        write("model.onnx", attention(KEYS, VALUES, -1, -1));
        Files.writeString(folder.resolve("config.json"),
                """
                        {"model_type": "gpt2", "vocab_size": 100, "n_embd": 48, "n_head": 4, "n_positions": 32, "eos_token_id": 7}
                        """);
        Graph graph = open(folder);
        assertEquals(List.of(new StateShape.KeyValues(4, 12)), graph.stateShapes());
        assertEquals(48, graph.hiddenSize());
        assertEquals(32, graph.contextLength());
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "gemma3", "eos_token_id": 7, "text_config": {"vocab_size": 100, "hidden_size": 48,
                 "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 20, "max_position_embeddings": 64}}
                """);
        assertEquals(List.of(new StateShape.KeyValues(2, 20)), open(folder).stateShapes());
        assertEquals("gemma3", open(folder).architecture());
        write("model.onnx", attention(KEYS, VALUES, 2, 4));
        Files.writeString(folder.resolve("config.json"), "{\"eos_token_id\": 7}");
        assertEquals(100, open(folder).vocabularySize());
        try (ModelFile file = new OnnxFormat().open(folder)) {
            assertTrue(file.notes().toString().contains("does not tell the context"), file.notes()::toString);
        }
    }

    @Test
    void namesThatExportersGiveAreKnown() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        for (String[] names : new String[][]{{"past.0.key", "past.0.value"}, {"past_key_0", "past_value_0"},
                {"past_key_values_0_key", "past_key_values_0_value"},
                {"past_key_values.0.decoder.key", "past_key_values.0.decoder.value"}}) {
            write("model.onnx", attention(names[0], names[1], 2, 4));
            Graph graph = open(folder);
            assertEquals(List.of(new StateShape.KeyValues(2, 4)), graph.stateShapes());
            assertEquals("past_key_values.0.key", graph.variants().getFirst().names().get(names[0]));
        }
        write("model.onnx", joined(attention(KEYS, VALUES, 2, 4), port(11, "past.0.key", -1, 2, -1, 4)));
        assertTrue(refusal(folder).contains("past.0.key"));
    }

    @Test
    void cachesThatDoNotFitAreNamed() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        write("model.onnx", joined(attention(KEYS, VALUES, 2, 4), port(11, "past_key_values.0.scale", -1, 2)));
        assertTrue(refusal(folder).contains("past_key_values.0.scale"));
        write("model.onnx", joined(port(11, "input_ids", -1, -1), port(11, KEYS, -1, 2, -1, 4),
                port(12, "logits", -1, -1, 100)));
        assertTrue(refusal(folder).contains("none of values"));
        write("model.onnx", joined(port(11, "input_ids", -1, -1), port(11, KEYS, -1, 2, 32, 4),
                port(11, VALUES, -1, 2, 32, 4), port(12, "logits", -1, -1, 100)));
        assertTrue(refusal(folder).contains(KEYS + " with a fixed number of tokens (32)"));
        write("model.onnx", joined(port(11, "input_ids", -1, -1), port(16, 11, KEYS, -1, 2, -1, 4),
                port(16, 11, VALUES, -1, 2, -1, 4), port(12, "logits", -1, -1, 100)));
        String message = refusal(folder);
        assertTrue(message.contains("bfloat16") && message.contains("take a variant"), message);
        write("model.onnx", joined(port(11, "inputs_embeds", -1, -1, 8), port(11, KEYS, -1, 2, -1, 4),
                port(11, VALUES, -1, 2, -1, 4), port(12, "logits", -1, -1, 100)));
        assertTrue(refusal(folder).contains("inputs_embeds"));
        Files.writeString(folder.resolve("genai_config.json"),
                "{\"model\": {\"vocab_size\": 100, \"decoder\": {\"pipeline\": []}}}");
        assertTrue(refusal(folder).contains("pipeline"));
    }

    @Test
    void sentenceEncodersAreEncoders() throws IOException {
        byte[] encoder = joined(port(11, "input_ids", -1, -1), port(11, "attention_mask", -1, -1),
                port(11, "token_type_ids", -1, -1), port(12, "last_hidden_state", -1, -1, 48));
        Files.writeString(folder.resolve("config.json"),
                "{\"model_type\": \"bert\", \"vocab_size\": 100, \"max_position_embeddings\": 512}");
        write("onnx/model.onnx", encoder);
        Encoder found = encoder(folder);
        assertEquals(48, found.hiddenSize());
        assertEquals(512, found.contextLength());
        assertEquals(Encoder.Pooling.MEAN, found.pooling());
        assertTrue(found.normalise());
        Files.createDirectory(folder.resolve("1_Pooling"));
        Files.writeString(folder.resolve("1_Pooling/config.json"),
                "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}");
        Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 256}");
        assertEquals(Encoder.Pooling.FIRST, encoder(folder).pooling());
        assertEquals(256, encoder(folder).contextLength());
        Files.delete(folder.resolve("config.json"));
        assertEquals(256, encoder(write("model_quantized.onnx", encoder)).contextLength());
    }

    private static Encoder encoder(Path path) {
        try (ModelFile file = new OnnxFormat().open(path)) {
            return assertInstanceOf(Encoder.class, file.program());
        }
    }
}
