/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.embedding.listener.EmbeddingModelErrorContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelRequestContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.store.embedding.CosineSimilarity;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A sentence encoder as an embedding model of LangChain4j. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EmbeddingTest {

    private final Millrace millrace = Millrace.start();
    private final EmbeddingModel encoder = millrace.openEmbeddings("all-minilm-l6-v2", ModelOptions.defaults());

    @AfterAll
    void stop() {
        millrace.close();
    }

    @Test
    void nearTextsHaveNearVectors() {
        MillraceEmbeddingModel model = new MillraceEmbeddingModel(encoder);
        Response<List<Embedding>> all = model.embedAll(List.of(TextSegment.from("The boiler is too hot."),
                TextSegment.from("The heating has overheated."), TextSegment.from("My cat likes fish.")));
        List<Embedding> vectors = all.content();
        assertEquals(3, vectors.size());
        assertTrue(CosineSimilarity.between(vectors.get(0), vectors.get(1)) > CosineSimilarity.between(vectors.get(0),
                vectors.get(2)) + 0.2);
        assertTrue(Objects.requireNonNull(all.tokenUsage()).inputTokenCount() >= 15, all::toString);
        assertEquals(384, model.dimension());
        assertEquals(384, vectors.getFirst().dimension());
        assertEquals(encoder.name(), model.modelName());
        assertEquals(1, CosineSimilarity.between(vectors.getFirst(), model.embed("The boiler is too hot.").content()),
                1e-3);
    }

    @Test
    void failuresAreTypedAndListenersTold() {
        List<String> told = new ArrayList<>();
        MillraceEmbeddingModel model = new MillraceEmbeddingModel(encoder, List.of(new EmbeddingModelListener() {

            @Override
            public void onRequest(EmbeddingModelRequestContext context) {
                told.add("request");
            }

            @Override
            public void onResponse(EmbeddingModelResponseContext context) {
                told.add("response");
            }

            @Override
            public void onError(EmbeddingModelErrorContext context) {
                told.add("error");
            }
        }));
        model.embed("Bye");
        assertThrows(InvalidRequestException.class, () -> model.embed("word ".repeat(encoder.contextLength() + 1)));
        assertEquals(List.of("request", "response", "request", "error"), told);
        EmbeddingModel gone = millrace.openEmbeddings("all-minilm-l6-v2", ModelOptions.defaults());
        gone.close();
        assertThrows(LangChain4jException.class, () -> new MillraceEmbeddingModel(gone).embed("Bye"));
    }
}
