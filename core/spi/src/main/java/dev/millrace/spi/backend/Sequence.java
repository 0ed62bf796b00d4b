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
     * Forgets the last tokens, as if they had never been read. What is read next gives the logits of a sequence that has only read
     * the tokens which stay.
     *
     * <p>
     * A backend may keep a bounded history of what it needs to go back, for example the last inputs of a short convolution, or the
     * keys and values inside a window. So a cut may be refused. These never are: to 0; to the present length; and to any length from
     * {@code most - rollback} on, where {@code most} is the greatest length that the sequence has had since it was empty and
     * {@code rollback} is {@link Limits#rollback}. Cuts one after the other do not add up: each counts from the same {@code most}.
     * A fork begins with the {@code most} of its origin. A sequence that was made from a state may refuse every cut below the
     * length of that state, other than to 0. Whoever is refused cuts to 0 and feeds the tokens again.
     *
     * @param length tokens that stay, 0 to {@link #length()}
     * @return true if it is done; false if it is refused, and nothing has changed
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
