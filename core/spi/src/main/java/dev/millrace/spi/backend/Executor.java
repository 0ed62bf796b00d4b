/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A loaded model. Owns its weights, its threads and its sequences.
 *
 * <p>
 * Not safe for use from several threads at once: the caller sees to it that only one call runs at a time, on it or on any of
 * its sequences. Allocates nothing per call of {@link #forward} in steady state. After {@link #close} all other methods, and
 * those of its sequences but close, throw {@link IllegalStateException}.
 */
@ConsumerType
public interface Executor extends AutoCloseable {

    /**
     * What it can take and do.
     *
     * @return the same for its whole life
     */
    Limits limits();

    /**
     * Which way of storing the network was loaded.
     *
     * @return name of the {@link dev.millrace.spi.model.Graph.Variant}, empty for a blueprint
     */
    default String variant() {
        return "";
    }

    /**
     * A new, empty sequence.
     *
     * @return closed by the caller
     * @throws OutOfRoomException if there are {@link Limits#sequences} already, or there is no memory for one more
     */
    Sequence newSequence();

    /**
     * A sequence that continues from a state, which any backend may have exported.
     *
     * @param state copied; stays the caller's
     * @return closed by the caller
     * @throws IllegalArgumentException if the state does not fit the model ({@link SequenceState#check}), or holds more tokens
     *             than the context
     * @throws OutOfRoomException if there is no room for it
     * @throws UnsupportedOperationException if {@link Limits#exchangesStates} is false
     */
    Sequence newSequence(SequenceState state);

    /**
     * Feeds tokens to sequences and computes logits where they are wanted. Results do not depend on what else is in the
     * list, up to rounding.
     *
     * <p>
     * A step fails alone: {@link Step#failure} tells, and the other steps are computed all the same. After
     * {@link OutOfRoomException} and {@link WithdrawnException} its sequence is as it was. After any other failure the sequence is
     * not usable any more: all it takes is to be closed, anything else throws {@link IllegalStateException}.
     *
     * @param steps each sequence at most once; {@link Limits#batchTokens} tokens together at most; none does nothing
     * @throws dev.millrace.api.BackendException if computing failed as a whole; the sequences of these steps are not usable
     *             any more
     * @throws ExecutorLostException if nothing can be computed here any more; the engine goes on on another executor
     * @throws IllegalArgumentException if a step cannot be computed by its content, see {@link StepCheck}, or its sequence
     *             belongs to another executor; nothing was changed
     * @throws IllegalStateException if a sequence is closed or not usable any more; nothing was changed
     */
    void forward(List<Step> steps);

    /**
     * Shows all inputs of matrices to an observer, from the next {@link #forward} on. Computing is slower meanwhile.
     *
     * @param observer takes the place of an earlier one
     * @return false, as here, if this executor cannot show them
     */
    default boolean observe(InputObserver observer) {
        return false;
    }

    /** Stops the threads and frees all memory at once, that of sequences too. Closing twice does nothing. */
    @Override
    void close();
}
