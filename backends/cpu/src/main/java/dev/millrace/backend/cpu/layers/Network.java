/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A loaded blueprint: the same structure, with matrices in place of tensors.
 *
 * @param blueprint what it was loaded from; its tensors are not used any more
 * @param embedding one row per token
 * @param layers in order
 * @param outputNorm before the head
 * @param head one row per token
 */
@SuppressWarnings("ArrayRecordComponent") // weights: read by inner loops, never compared
public record Network(Blueprint blueprint, Matrix embedding, List<Layer> layers, Norm outputNorm, Matrix head) {

    /** One layer. */
    public record Layer(Norms mixerNorms, Mixer mixer, Norms feedForwardNorms, FeedForward feedForward) {
    }

    /** Norms of what a part of a layer reads, and of what it gives. */
    public record Norms(@Nullable Norm before, @Nullable Norm after) {
    }

    /**
     * Root mean square norm.
     *
     * @param weight with the 1 added, where the blueprint counts from 1
     */
    public record Norm(float[] weight, float epsilon) {
    }

    /** A matrix and what is added to its product. */
    public record Linear(Matrix weight, float @Nullable [] bias) {
    }

    /** Moves information between positions. */
    public sealed interface Mixer {
    }

    /**
     * Attention.
     *
     * @param shape heads, position, span and scores
     * @param keyValues where the layer's keys and values lie in a page
     * @param group whose pages they are
     * @param sinks a score for each query head, or null
     */
    public record Attention(Blueprint.Attention shape, KvLayout.Layer keyValues, int group, Linear query, Linear key,
            Linear value, Linear output, @Nullable Norm queryNorm, @Nullable Norm keyNorm, float @Nullable [] sinks)
            implements
                Mixer {
    }

    /**
     * Gated short convolution.
     *
     * @param width taps
     * @param in rows b, c, x
     * @param kernel {@code [tap][channel]}
     * @param out hiddenSize rows
     */
    public record ShortConv(int width, Matrix in, float[] kernel, Matrix out) implements Mixer {
    }

    /** Works on each position by itself. */
    public sealed interface FeedForward {
    }

    /** Gated feed-forward. */
    public record Dense(Linear gate, Linear up, Linear down, Activation activation) implements FeedForward {
    }

    /**
     * Mixture of experts.
     *
     * @param bias takes part in picking only; zeros where there is none
     */
    public record Experts(Blueprint.Experts shape, Linear router, float[] bias, List<Dense> experts,
            @Nullable Shared shared) implements FeedForward {
    }

    /** An expert that works on every token, and its gate of one row, or null. */
    public record Shared(Dense expert, @Nullable Linear gate) {
    }

    /** Columns of the widest matrix. */
    public int longestRow() {
        int columns = Math.max(embedding.columns(), head.columns());
        for (Layer layer : layers) {
            columns = Math.max(columns, switch (layer.mixer()) {
                case Attention a -> a.output().weight().columns();
                case ShortConv c -> c.out().columns();
            });
            columns = Math.max(columns, switch (layer.feedForward()) {
                case Dense d -> d.down().weight().columns();
                case Experts e -> Math.max(e.experts().getFirst().down().weight().columns(),
                        e.shared() == null ? 0 : e.shared().expert().down().weight().columns());
            });
        }
        return columns;
    }
}
