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
 * @param tokens that were read of the texts together, with those that the model puts around each
 * @param cut places of the texts that were longer than the model reads, and of which only the beginning counts, in order, from 0
 */
public record Embeddings(List<float[]> vectors, int tokens, List<Integer> cut) {

    /** Copies the lists. */
    public Embeddings {
        vectors = List.copyOf(vectors);
        cut = List.copyOf(cut);
    }

    /**
     * Vectors of whole texts.
     *
     * @param vectors one for each text, in order
     * @param tokens that the texts had together
     */
    public Embeddings(List<float[]> vectors, int tokens) {
        this(vectors, tokens, List.of());
    }
}
