/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Position.Order;

/**
 * How llama.cpp writes a family, where families differ. What a layout does not say is the same for all.
 *
 * @param order which values of a head its rope turns together; rows of queries and keys are stored to suit it
 * @param outputNorm name of the last norm
 * @param feedForwardNorm name of the norm before the feed-forward
 * @param fused whether query, key and value are one tensor, and gate and up another
 * @param factors whether multipliers of the embedding and scales of attention stand in keys; otherwise they follow from sizes
 */
public record GgufLayout(Order order, String outputNorm, String feedForwardNorm, boolean fused, boolean factors) {

    /** What most families write. */
    public static final GgufLayout COMMON = new GgufLayout(Order.HALVES, "output_norm", "ffn_norm", false, true);
    /** Families whose query and key rows are permuted. */
    static final GgufLayout PERMUTED = new GgufLayout(Order.INTERLEAVED, "output_norm", "ffn_norm", false, true);

    /** The same without keys for multipliers and scales. */
    GgufLayout withoutFactors() {
        return new GgufLayout(order, outputNorm, feedForwardNorm, fused, false);
    }
}
