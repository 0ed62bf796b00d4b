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

    record Layer(Norm mixerNorm, Mixer mixer, Norm feedForwardNorm, FeedForward feedForward) {
    }

    sealed interface Mixer {
    }

    /**
     * Attention.
     *
     * @param shape heads, scores and position as in the blueprint
     * @param input queries, keys and values side by side
     * @param output back to the stream
     * @param queryNorm address of its weight, or 0
     * @param keyNorm address of its weight, or 0
     * @param epsilon of both norms
     * @param turns address of turns per position, a double for each pair; or 0
     * @param sinks address of a score for each head, or 0
     * @param keptAt where this layer starts in a page, in bytes
     */
    record Attention(Blueprint.Attention shape, Projection input, Projection output, long queryNorm, long keyNorm,
            float epsilon, long turns, long sinks, long keptAt) implements Mixer {
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
     */
    record Experts(Blueprint.Experts shape, long router, long routerBias, long bias, Dense experts)
            implements
                FeedForward {
    }

    /** The experts of a layer, or null. */
    static @Nullable Experts experts(Layer layer) {
        return layer.feedForward() instanceof Experts e ? e : null;
    }
}
