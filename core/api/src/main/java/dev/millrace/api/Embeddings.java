/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;

/**
 * Vectors of texts.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param vectors one for each text, in order, of {@link EmbeddingModel#dimensions} values each; the caller's own
 * @param tokens that the texts had together, with those that the model puts around each
 */
public record Embeddings(List<float[]> vectors, int tokens) {

    /** Copies the list. */
    public Embeddings {
        vectors = List.copyOf(vectors);
    }
}
