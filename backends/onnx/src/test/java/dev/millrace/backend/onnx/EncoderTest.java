/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.ModelOptions;
import dev.millrace.backend.onnx.export.GraphWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentence encoders from the folder to the vector, by the whole engine. */
class EncoderTest {

    private static final String TOKENIZER = """
            {"version": "1.0", "added_tokens": [
               {"id": 2, "content": "[CLS]", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false},
               {"id": 3, "content": "[SEP]", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": {"type": "TemplateProcessing",
               "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                          {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
               "pair": [], "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                                              "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
             "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
               "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "warm": 4, "cel": 5, "##lar": 6}}}
            """;
    /** Vectors of the seven tokens. */
    private static final float[][] ROWS = {{0, 0, 0}, {9, 9, 9}, {1, 0, 0}, {0, 2, 0}, {0, 0, 3}, {4, 0, 4}, {0, 5, 5}};

    @TempDir
    Path folder;

    private Path folder(String output, String pooling) throws IOException {
        Files.writeString(folder.resolve("config.json"),
                "{\"model_type\": \"bert\", \"vocab_size\": 7, \"hidden_size\": 3, \"max_position_embeddings\": 8}");
        Files.writeString(folder.resolve("tokenizer.json"), TOKENIZER);
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_" + pooling + "\": true}");
        graph(folder.resolve("model.onnx"), output);
        return folder;
    }

    /** Looks up each token; the mask and the types must be right for that. */
    private static void graph(Path file, String output) throws IOException {
        GraphWriter writer = new GraphWriter(file, false);
        String ids = writer.input("input_ids", GraphWriter.INT64, "batch", "tokens");
        String mask = writer.input("attention_mask", GraphWriter.INT64, "batch", "tokens");
        String types = writer.input("token_type_ids", GraphWriter.INT64, "batch", "tokens");
        float[] table = new float[21];
        for (int r = 0; r < 7; r++) {
            System.arraycopy(ROWS[r], 0, table, r * 3, 3);
        }
        String seen = writer.node("Mul", ids, writer.node("Sub", mask, types));
        String rows = writer.node("Gather", writer.floats(table, 7, 3), seen);
        if (output.equals("sentence_embedding")) {
            writer.named("", "ReduceSum", Map.of("keepdims", 0), List.of(output), rows, writer.longs(1));
            writer.output(output, GraphWriter.FLOAT, "batch", 3);
        } else {
            writer.named("", "Identity", Map.of(), List.of(output), rows);
            writer.output(output, GraphWriter.FLOAT, "batch", "tokens", 3);
        }
        writer.write();
    }

    private static float[] unit(double... values) {
        double length = Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
        float[] unit = new float[values.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (values[i] / length);
        }
        return unit;
    }

    @ParameterizedTest
    @CsvSource({"last_hidden_state, mean_tokens, 5, 7, 12", "token_embeddings, cls_token, 1, 0, 0",
            "last_hidden_state, lasttoken, 0, 2, 0", "last_hidden_state, max_tokens, 4, 5, 5",
            "sentence_embedding, mean_tokens, 5, 7, 12"})
    void textsBecomeVectors(String output, String pooling, double x, double y, double z) throws IOException {
        try (Millrace millrace = Millrace.start();
                EmbeddingModel model = millrace.openEmbeddings(folder(output, pooling).toString(),
                        ModelOptions.defaults())) {
            assertEquals(3, model.dimensions());
            assertEquals(8, model.contextLength());
            assertEquals("onnx:cpu", model.device().id());
            // [CLS] warm cel ##lar [SEP]
            Embeddings found = model.embed(List.of("Warm CELLAR", ""));
            assertArrayEquals(unit(x, y, z), found.vectors().getFirst(), 1e-6f);
            assertEquals(5 + 2, found.tokens());
            assertEquals(2, found.vectors().size());
            assertArrayEquals(found.vectors().getFirst(), model.embed(List.of("warm cellar")).vectors().getFirst());
        }
    }

    @Test
    void nothingIsCut() throws IOException {
        try (Millrace millrace = Millrace.start();
                EmbeddingModel model = millrace.openEmbeddings(folder("last_hidden_state", "mean_tokens").toString(),
                        ModelOptions.defaults())) {
            String message = String.valueOf(assertThrows(IllegalArgumentException.class,
                    () -> model.embed(List.of("warm", "warm ".repeat(7)))).getMessage());
            assertTrue(message.contains("Text 2 has 9 tokens") && message.contains("8"), message);
            assertEquals(List.of(), model.embed(List.of()).vectors());
        }
    }

    @Test
    void eachKindOfModelIsOpenedInItsWay() throws IOException {
        Path encoder = folder("last_hidden_state", "mean_tokens");
        try (Millrace millrace = Millrace.start()) {
            assertTrue(assertThrows(ModelFormatException.class, () -> millrace.open(encoder.toString())).getMessage()
                    .contains("embeddings"));
            assertTrue(assertThrows(ModelFormatException.class,
                    () -> millrace.openEmbeddings(Nano.FOLDER.toString(), ModelOptions.defaults())).getMessage()
                    .contains("sentence encoder"));
            assertTrue(assertThrows(BackendException.class, () -> millrace.openEmbeddings(encoder.toString(),
                    ModelOptions.defaults().withBackend("cpu"))).getMessage().contains("bert"));
        }
    }

    @Test
    void closingTheRuntimeClosesTheModel() throws IOException {
        EmbeddingModel model;
        try (Millrace millrace = Millrace.start()) {
            model = millrace.openEmbeddings(
                    folder("last_hidden_state", "mean_tokens").resolve("model.onnx").toString(),
                    ModelOptions.defaults());
            assertEquals(1, model.embed(List.of("warm")).vectors().size());
        }
        assertThrows(IllegalStateException.class, () -> model.embed(List.of("warm")));
        model.close();
    }
}
