/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import dev.millrace.api.Embeddings;
import dev.millrace.api.MillraceException;
import java.util.List;

/**
 * A sentence encoder of this runtime that turns LangChain4j's texts into vectors.
 *
 * <p>
 * May be used from any thread. A text that is longer than the model reads is refused with LangChain4j's {@code
 * InvalidRequestException}; nothing is cut. The model stays the caller's, who closes it.
 */
public final class MillraceEmbeddingModel implements EmbeddingModel {

    private final dev.millrace.api.EmbeddingModel model;
    private final List<EmbeddingModelListener> listeners;

    /**
     * An encoder.
     *
     * @param model who encodes; closed by the caller
     */
    public MillraceEmbeddingModel(dev.millrace.api.EmbeddingModel model) {
        this(model, List.of());
    }

    /**
     * An encoder with listeners.
     *
     * @param model who encodes; closed by the caller
     * @param listeners told of requests, responses and errors
     */
    public MillraceEmbeddingModel(dev.millrace.api.EmbeddingModel model, List<EmbeddingModelListener> listeners) {
        this.model = model;
        this.listeners = List.copyOf(listeners);
    }

    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        Embeddings embeddings;
        try {
            embeddings = model.embed(request.inputs().stream().map(EmbeddingInput::text).toList());
        } catch (MillraceException | IllegalArgumentException | IllegalStateException e) {
            throw Failures.typed(e);
        }
        return EmbeddingResponse.builder().embeddings(embeddings.vectors().stream().map(Embedding::from).toList())
                .modelName(model.name()).tokenUsage(new TokenUsage(embeddings.tokens())).build();
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    @Override
    public int dimension() {
        return model.dimensions();
    }

    @Override
    public String modelName() {
        return model.name();
    }
}
