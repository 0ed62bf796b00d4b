/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.spi.model.Blueprint;
import java.util.List;

/**
 * A loaded blueprint: the same structure, with matrices in place of tensors.
 *
 * @param blueprint what it was loaded from; its tensors are not used any more
 * @param embedding one row a token
 * @param layers in order
 * @param outputNorm before the head
 * @param head one row a token
 */
@SuppressWarnings("ArrayRecordComponent") // weights: read by inner loops, never compared
public record Network(Blueprint blueprint, Matrix embedding, List<Layer> layers, Norm outputNorm, Matrix head) {

    /** One layer. */
    public record Layer(Norm mixerNorm, Mixer mixer, Norm feedForwardNorm, FeedForward feedForward) {
    }

    /** Root mean square norm. */
    public record Norm(float[] weight, float epsilon) {
    }

    /** Moves information between positions. */
    public sealed interface Mixer {
    }

    /**
     * Attention.
     *
     * @param shape heads and rope
     * @param keyValues where the layer's keys and values lie in a page
     */
    public record Attention(Blueprint.Attention shape, KvLayout.Layer keyValues, Matrix query, Matrix key, Matrix value,
            Matrix output, Norm queryNorm, Norm keyNorm) implements Mixer {
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

    /** SwiGLU. */
    public record Dense(Matrix gate, Matrix up, Matrix down) implements FeedForward {
    }

    /** Mixture of experts. */
    public record Experts(Blueprint.Experts shape, Matrix router, float[] bias,
            List<Dense> experts) implements FeedForward {
    }

    /** Columns of the widest matrix. */
    public int longestRow() {
        int columns = Math.max(embedding.columns(), head.columns());
        for (Layer layer : layers) {
            columns = Math.max(columns, switch (layer.mixer()) {
                case Attention a -> a.output().columns();
                case ShortConv c -> c.out().columns();
            });
            columns = Math.max(columns, switch (layer.feedForward()) {
                case Dense d -> d.down().columns();
                case Experts e -> e.experts().getFirst().down().columns();
            });
        }
        return columns;
    }
}
