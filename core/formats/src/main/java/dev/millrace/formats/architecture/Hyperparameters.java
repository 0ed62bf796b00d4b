/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.spi.model.Blueprint.Gating;
import java.util.List;

/**
 * A model's plan without its weights. Its numbers, together with {@link TensorNames}, say which tensors there must be and how
 * large.
 *
 * @param architecture the family, for messages
 * @param vocabularySize rows of the embedding
 * @param hiddenSize columns of the embedding
 * @param contextLength tokens
 * @param epsilon of all norms
 * @param layers in order
 * @param tied whether the embedding is the head
 */
public record Hyperparameters(String architecture, int vocabularySize, int hiddenSize, int contextLength, float epsilon,
        List<Layer> layers, boolean tied) {

    /** More than any model has: larger numbers are taken for damage. */
    public static final int MAX_SIZE = 1 << 24;
    /** More layers or experts than any model has. */
    public static final int MAX_PARTS = 1 << 12;
    /** Tokens in a context. */
    public static final int MAX_CONTEXT = 1 << 30;

    /** Copies the list. */
    public Hyperparameters {
        layers = List.copyOf(layers);
    }

    /**
     * A layer.
     *
     * @param mixer how it mixes positions
     * @param feedForward how it works on each
     */
    public record Layer(Mixer mixer, FeedForward feedForward) {
    }

    /** How a layer mixes positions. */
    public sealed interface Mixer {
    }

    /**
     * Grouped-query attention.
     *
     * @param heads query heads
     * @param kvHeads key and value heads
     * @param headSize values in a head
     * @param theta base of the rope
     */
    public record Attention(int heads, int kvHeads, int headSize, float theta) implements Mixer {
    }

    /**
     * Gated short convolution.
     *
     * @param width taps
     */
    public record ShortConv(int width) implements Mixer {
    }

    /** How a layer works on each position. */
    public sealed interface FeedForward {
    }

    /**
     * SwiGLU.
     *
     * @param inner its width
     */
    public record Dense(int inner) implements FeedForward {
    }

    /**
     * Mixture of experts.
     *
     * @param count experts
     * @param used experts at work for a token
     * @param inner width of one
     * @param gating how scores are made
     * @param bias whether a bias takes part in picking
     * @param normalise whether weights are made to sum to one
     * @param scale multiplies the weights
     */
    public record Experts(int count, int used, int inner, Gating gating, boolean bias, boolean normalise,
            float scale) implements FeedForward {
    }
}
