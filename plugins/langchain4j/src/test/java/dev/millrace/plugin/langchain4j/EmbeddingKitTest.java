/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** LangChain4j's own tests for embedding models. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EmbeddingKitTest extends AbstractEmbeddingModelIT {

    private final Millrace millrace = Millrace.start();
    private final dev.millrace.api.EmbeddingModel encoder = millrace.openEmbeddings("all-minilm-l6-v2",
            ModelOptions.defaults());

    @AfterAll
    void stop() {
        millrace.close();
    }

    @Override
    protected List<EmbeddingModel> models() {
        return List.of(new MillraceEmbeddingModel(encoder));
    }

    @Override
    protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
        return new MillraceEmbeddingModel(encoder, List.of(listener));
    }

    @Override
    protected EmbeddingModel failingModelWith(EmbeddingModelListener listener) {
        dev.millrace.api.EmbeddingModel closed = millrace.openEmbeddings("all-minilm-l6-v2", ModelOptions.defaults());
        closed.close();
        return new MillraceEmbeddingModel(closed, List.of(listener));
    }

    @Override
    protected boolean supportsInputTypeParameter() {
        return false;
    }

    @Override
    protected boolean supportsDimensionsParameter() {
        return false;
    }

    @Override
    protected boolean supportsImageInput() {
        return false;
    }

    @Override
    protected boolean supportsInterleavedInput() {
        return false;
    }
}
