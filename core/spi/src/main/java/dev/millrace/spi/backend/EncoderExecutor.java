/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A loaded {@link dev.millrace.spi.model.Encoder}. Owns its weights and threads. Not safe for use from several threads at once.
 */
@ConsumerType
public interface EncoderExecutor extends AutoCloseable {

    /**
     * Turns a text into a vector.
     *
     * @param tokens ids inside the vocabulary, 1 to the encoder's context, with those around the text
     * @return {@link dev.millrace.spi.model.Encoder#hiddenSize} values, pooled, and normalised if the encoder says so; the
     *         caller's own
     * @throws dev.millrace.api.BackendException if computing fails
     * @throws IllegalStateException after {@link #close}
     */
    float[] encode(int[] tokens);

    /** Stops the threads and frees all memory at once. Closing twice does nothing. */
    @Override
    void close();
}
