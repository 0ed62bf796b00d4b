/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import org.osgi.annotation.versioning.ConsumerType;

/** Tokens that a model has read, with what it keeps of them. Belongs to one {@link Executor} and shares its threading. */
@ConsumerType
public interface Sequence extends AutoCloseable {

    /**
     * Tokens read.
     *
     * @return 0 or more
     */
    int length();

    /**
     * A second sequence that continues from here by itself. Cheap where memory can be shared.
     *
     * @return closed by the caller
     */
    Sequence fork();

    /**
     * A neutral snapshot. Importing it into the same kind of executor gives the same logits, bit for bit.
     *
     * @return closed by the caller
     * @throws UnsupportedOperationException if this backend cannot give states away
     */
    SequenceState export();

    /** Frees its memory at once. Closing twice does nothing. */
    @Override
    void close();
}
