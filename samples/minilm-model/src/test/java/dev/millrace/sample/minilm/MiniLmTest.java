/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.minilm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import dev.millrace.json.Json;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** From the bundle to the vector, by the whole engine. */
final class MiniLmTest {

    private static Millrace millrace;
    private static EmbeddingModel model;

    @BeforeAll
    static void open() {
        millrace = Millrace.start();
        model = millrace.openEmbeddings("all-minilm-l6-v2", ModelOptions.defaults().withThreads(1));
    }

    @AfterAll
    static void close() {
        millrace.close();
    }

    /**
     * vectors.json holds what LangChain4j 1.19.0-beta29 makes of the same texts with its own tokenizer (of Hugging Face, in Rust) on
     * ONNX Runtime 1.28, as halves in Base64. On the same processor they agree within 1e-5. Another one rounds to 8 bits in other
     * places, as another version of ONNX Runtime does: 1.20 is at 0.9999 for half of these texts, and at 0.988 for the worst.
     */
    @Test
    void vectorsAreThoseOfAnotherImplementation() throws Exception {
        String json;
        try (InputStream in = MiniLmTest.class.getResourceAsStream("vectors.json")) {
            json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        List<?> all = (List<?>) Objects.requireNonNull(Json.parse(json));
        double[] cosines = new double[all.size()];
        for (int i = 0; i < cosines.length; i++) {
            Map<?, ?> one = (Map<?, ?>) all.get(i);
            String text = (String) one.get("text");
            ByteBuffer halves = ByteBuffer.wrap(Base64.getDecoder().decode((String) one.get("halves")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            Embeddings found = model.embed(List.of(text));
            assertEquals(((Number) Objects.requireNonNull(one.get("tokens"))).intValue(), found.tokens(), text);
            double length = 0;
            for (float value : found.vectors().getFirst()) {
                cosines[i] += value * Float.float16ToFloat(halves.getShort());
                length += value * value;
            }
            assertFalse(halves.hasRemaining());
            assertEquals(1, length, 1e-4, text);
        }
        Arrays.sort(cosines);
        assertTrue(cosines[0] >= 0.98 && cosines[cosines.length / 2] >= 0.999, () -> Arrays.toString(cosines));
    }

    @Test
    void similarTextsHaveSimilarVectors() {
        List<float[]> vectors = model.embed(List.of("It is freezing in here.", "The room is far too cold.",
                "The invoice was paid on Monday.")).vectors();
        assertTrue(product(vectors.get(0), vectors.get(1)) > product(vectors.get(0), vectors.get(2)) + 0.2);
    }

    private static double product(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }

    @Test
    void longTextsAreRefusedOrCutWithANote() {
        String longText = "valve ".repeat(300);
        String message = String.valueOf(assertThrows(IllegalArgumentException.class,
                () -> model.embed(List.of("short", longText))).getMessage());
        assertTrue(message.contains("Text 2 has 302 tokens") && message.contains("takes 256"), message);
        Embeddings found = model.embedBeginnings(List.of("short", longText, "valve ".repeat(254)));
        assertEquals(List.of(1), found.cut());
        assertEquals(3 + 256 + 256, found.tokens());
        assertArrayEquals(found.vectors().get(1), found.vectors().get(2));
    }

    @Test
    void textCannotSpeakForTheFrame() {
        // [CLS] of a text is four tokens of text, and not the one that begins it
        assertEquals(2 + 4, model.embed(List.of("[CLS]")).tokens());
    }

    @Test
    void isNoModelToTalkTo() {
        assertEquals("all-minilm-l6-v2", model.name());
        assertEquals(384, model.dimensions());
        assertEquals(256, model.contextLength());
        assertEquals(List.of("all-minilm-l6-v2"), millrace.embeddingModels());
        assertFalse(millrace.models().contains("all-minilm-l6-v2"), millrace.models().toString());
    }
}
