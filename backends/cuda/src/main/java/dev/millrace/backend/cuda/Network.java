/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model on the device: the blueprint's layers with addresses in place of tensors.
 *
 * @param blueprint what it was made of
 * @param embedding one row per token
 * @param layers in order
 * @param outputNorm before the head
 * @param head one row per token
 */
record Network(Blueprint blueprint, Matrix embedding, List<Layer> layers, Norm outputNorm, Projection head) {

    Network {
        layers = List.copyOf(layers);
    }

    /** A norm: the address of its weight, in floats, with the 1 added where the blueprint says so. */
    record Norm(long weight, float epsilon) {
    }

    /** No norm. */
    static final Norm NO_NORM = new Norm(0, 0);

    /** Norms around a part of a layer; {@link #NO_NORM} where there is none. */
    record Norms(Norm before, Norm after) {
    }

    record Layer(Norms mixerNorms, Mixer mixer, Norms feedForwardNorms, FeedForward feedForward) {
    }

    sealed interface Mixer {
    }

    /**
     * Attention.
     *
     * @param shape heads, scores and position as in the blueprint
     * @param input queries, keys and values side by side
     * @param output back to the stream
     * @param ofHeads norms over each query head and each key head
     * @param together norms over all query heads and over all key heads
     * @param turns address of turns per position, in units of 2^-64, an unsigned integer for each pair; or 0
     * @param longTurns likewise, for sequences that reach beyond {@link #originalContext}
     * @param originalContext up to which {@code turns} hold
     * @param sinks address of a score for each head, or 0
     * @param keptAt where this layer starts in a page, in bytes
     */
    record Attention(Blueprint.Attention shape, Projection input, Projection output, QueryKeyNorms ofHeads,
            QueryKeyNorms together, long turns, long longTurns, int originalContext, long sinks,
            long keptAt) implements Mixer {
    }

    /** Norms of queries and keys; {@link #NO_NORM} where there is none. */
    record QueryKeyNorms(Norm query, Norm key) {
    }

    /**
     * Gated short convolution.
     *
     * @param width taps
     * @param taps address of the kernel
     * @param keptAt where this layer starts in a state, in bytes
     */
    record ShortConv(int width, Projection input, long taps, Projection output, long keptAt) implements Mixer {
    }

    sealed interface FeedForward {
    }

    /**
     * Gated feed-forward.
     *
     * @param input gate and up side by side
     * @param inner values of each
     */
    record Dense(Projection input, Projection output, int inner, Activation activation) implements FeedForward {
    }

    /**
     * Experts.
     *
     * @param shape gating and numbers as in the blueprint
     * @param router address of its rows
     * @param routerBias address, or 0
     * @param bias address, or 0
     * @param experts matrices stacked
     * @param shared works on every token, or null
     * @param sharedGate address of the row that gives its weight, or 0
     */
    record Experts(Blueprint.Experts shape, long router, long routerBias, long bias, Dense experts,
            @Nullable Dense shared, long sharedGate)
            implements
                FeedForward {
    }
}
