/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import java.util.List;

/**
 * What a family's tensors are called in one format. {@code {layer}} and {@code {expert}} stand for numbers from 0.
 *
 * @param embedding token embedding
 * @param outputNorm names of the last norm, the usual one first
 * @param head the head if it is not tied
 * @param mixerNorm norm before the mixer
 * @param feedForwardNorm norm before the feed-forward
 * @param attention attention
 * @param convolution gated short convolution
 * @param dense dense feed-forward
 * @param router scores of experts
 * @param bias bias of the experts
 * @param experts ways in which experts may be stored, the usual one first
 */
public record TensorNames(String embedding, List<String> outputNorm, String head, String mixerNorm,
        String feedForwardNorm, Attention attention, Convolution convolution, Gated dense, String router, String bias,
        List<Experts> experts) {

    /** Projections and norms of an attention layer. */
    public record Attention(String query, String key, String value, String output, String queryNorm, String keyNorm) {
    }

    /** Projections and kernel of a convolution. */
    public record Convolution(String in, String kernel, String out) {
    }

    /** The three matrices of a gated feed-forward. */
    public record Gated(String gate, String up, String down) {
    }

    /** How experts are stored. */
    public sealed interface Experts {
        /** Every expert by itself. */
        record Single(Gated names) implements Experts {
        }

        /** All experts in one tensor for each matrix: expert, row, column. */
        record Stacked(Gated names) implements Experts {
        }

        /** All experts in one tensor for gate and up, the gate's rows first in each expert, and one for down. */
        record StackedTogether(String gateUp, String down) implements Experts {
        }
    }

    /**
     * A name in a layer.
     *
     * @param name with its mark
     * @param layer number of the layer
     * @return the name in the file
     */
    public static String at(String name, int layer) {
        return name.replace("{layer}", Integer.toString(layer));
    }

    /**
     * A name in an expert.
     *
     * @param name with its marks
     * @param layer number of the layer
     * @param expert number of the expert
     * @return the name in the file
     */
    public static String at(String name, int layer, int expert) {
        return at(name, layer).replace("{expert}", Integer.toString(expert));
    }
}
