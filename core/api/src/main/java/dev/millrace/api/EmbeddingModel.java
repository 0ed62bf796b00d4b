/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An open model that turns texts into vectors: those of texts that mean something similar point in similar directions. Safe for
 * use from any thread; texts of several threads are computed one after the other.
 *
 * <p>
 * Closing it frees its memory at once.
 */
@ProviderType
public interface EmbeddingModel extends AutoCloseable {

    /**
     * What the model calls itself.
     *
     * @return a name
     */
    String name();

    /**
     * Values of a vector.
     *
     * @return 1 or more
     */
    int dimensions();

    /**
     * Tokens that a text may have, those that the model puts around it included.
     *
     * @return 1 or more
     */
    int contextLength();

    /**
     * Where the model runs.
     *
     * @return the device
     */
    Device device();

    /**
     * Turns texts into vectors. What a text becomes does not depend on the others.
     *
     * @param texts any number of them; an empty text is a text
     * @return a vector for each, in order; of length 1 if the model's makers say so, as most do, so that a scalar product is the
     *         cosine of the angle between two
     * @throws IllegalArgumentException if a text has more tokens than {@link #contextLength}, with both numbers; nothing is cut
     * @throws BackendException if the backend fails
     * @throws IllegalStateException if the model is closed
     */
    Embeddings embed(List<String> texts);

    /**
     * The same, but of a text with more tokens than {@link #contextLength} the beginning counts, and {@link Embeddings#cut} tells
     * which texts those were.
     *
     * @param texts any number of them
     * @return as of {@link #embed}
     * @throws IllegalArgumentException here, where nothing can be cut, if a text is too long; models that this runtime computes cut
     * @throws BackendException if the backend fails
     * @throws IllegalStateException if the model is closed
     */
    default Embeddings embedBeginnings(List<String> texts) {
        return embed(texts);
    }

    /** Frees the memory. Closing twice does nothing. */
    @Override
    void close();
}
