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
     * A second sequence that continues from here by itself. Shares memory if {@link Limits#sharesForks}.
     *
     * @return closed by the caller
     * @throws OutOfRoomException if there is no room for it
     */
    Sequence fork();

    /**
     * Forgets the last tokens, as if they had never been read.
     *
     * @param length tokens that stay, 0 to {@link #length()}
     * @return whether that was possible; if not, nothing has changed. It is for sure for 0, and within {@link Limits#rollback} of
     *         the most tokens that the sequence has held, but not always below the length of a state that it was made from
     * @throws IndexOutOfBoundsException if length is outside that range
     */
    boolean truncate(int length);

    /**
     * A neutral snapshot. Importing it into the same kind of executor gives the same logits, bit for bit.
     *
     * @return closed by the caller
     * @throws UnsupportedOperationException if {@link Limits#exchangesStates} is false
     */
    SequenceState export();

    /** Frees its memory at once. Closing twice does nothing. */
    @Override
    void close();
}
