/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A stage that changes few logits, or bounds the tokens, and needs not see the others. The engine gathers what such stages want and
 * has the backend do it where that chooses the largest logits itself: then no row of logits is copied at all.
 *
 * <p>
 * All sparse stages work together, at order 0, in three parts whatever their order: the divisors of a token are multiplied, then its
 * offsets are added up and taken away, then what is not allowed is banned.
 */
@ConsumerType
public interface SparseStage extends SamplerStage {

    /**
     * Says what to change before the next token is chosen.
     *
     * @param history tokens so far, prompt included
     * @param changes gets them
     */
    void change(TokenHistory history, LogitChanges changes);

    /** Never called by the engine for a sparse stage, which is asked for its changes. */
    @Override
    default void apply(float[] logits, TokenHistory history) {
        change(history, new RowChanges(logits));
    }
}
