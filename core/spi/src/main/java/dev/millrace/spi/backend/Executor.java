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
 * its sequences. Allocates nothing per call of {@link #forward} in steady state.
 */
@ConsumerType
public interface Executor extends AutoCloseable {

    /**
     * A new, empty sequence.
     *
     * @return closed by the caller
     */
    Sequence newSequence();

    /**
     * A sequence that continues from a state, which any backend may have exported.
     *
     * @param state copied; stays the caller's
     * @return closed by the caller
     * @throws IllegalArgumentException if the state does not fit the model
     * @throws UnsupportedOperationException if this backend cannot take states; the caller reads the tokens again
     */
    Sequence newSequence(SequenceState state);

    /**
     * Feeds tokens to sequences and computes logits where they are wanted. Results do not depend on what else is in the
     * list, up to rounding.
     *
     * @param steps each sequence at most once
     * @throws dev.millrace.api.BackendException if computing failed; the sequences of these steps are not usable any more
     * @throws IllegalArgumentException if a token is outside the vocabulary or a sequence would outgrow the context;
     *             nothing was changed
     */
    void forward(List<Step> steps);

    /** Stops the threads and frees all memory at once, that of sequences too. Closing twice does nothing. */
    @Override
    void close();
}
