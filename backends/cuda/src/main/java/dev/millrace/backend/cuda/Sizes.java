/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.model.Blueprint;

/**
 * The widest that each buffer of a pass must be, in values per token.
 *
 * @param hidden the stream
 * @param input what attention or a norm gives
 * @param middle results of the first maps of a part
 * @param inner what a gate or a convolution lets through
 * @param output results of the last maps of a part
 * @param used experts at work per token, 0 if there are none
 * @param experts most experts of a layer
 * @param heads most heads times their size and two sums
 * @param groups most groups of query heads that work on a token at once
 * @param shared results of a shared expert, 0 if there is none
 */
record Sizes(int hidden, int input, int middle, int inner, int output, int used, int experts, int heads, int groups,
        int shared) {

    static Sizes of(Blueprint blueprint) {
        int hidden = blueprint.hiddenSize();
        Sizes sizes = new Sizes(hidden, hidden, hidden, 32, hidden, 0, 0, 0, 0, 0);
        for (Blueprint.Layer layer : blueprint.layers()) {
            sizes = switch (layer.mixer()) {
                case Blueprint.Attention a -> sizes.widen(a.heads() * a.headSize(),
                        (a.heads() + 2 * a.kvHeads()) * a.headSize(), 0, 0, 0, 0, a.heads() * (a.headSize() + 2))
                        .withGroups(ForwardPass.groups(a));
                case Blueprint.ShortConv c -> sizes.widen(hidden, 3 * hidden, hidden, 0, 0, 0, 0);
            };
            sizes = switch (layer.feedForward()) {
                case Blueprint.Dense d -> sizes.widen(0, 2 * rows(d), rows(d), 0, 0, 0, 0);
                case Blueprint.Experts e -> {
                    int inner = rows(e.experts().getFirst());
                    Sizes routed = sizes.widen(0, 2 * inner * e.used(), inner * e.used(), hidden * e.used(), e.used(),
                            e.experts().size(), 0);
                    yield e.shared() == null ? routed : routed.withShared(rows(e.shared().expert()));
                }
            };
        }
        return sizes;
    }

    private static int rows(Blueprint.Dense dense) {
        return Math.toIntExact(dense.gate().weight().rows());
    }

    private Sizes widen(int in, int mid, int gated, int out, int usedExperts, int allExperts, int head) {
        return new Sizes(hidden, Math.max(input, in), Math.max(middle, mid), Math.max(inner, gated),
                Math.max(output, out), Math.max(used, usedExperts), Math.max(experts, allExperts),
                Math.max(heads, head), groups, shared);
    }

    private Sizes withGroups(int count) {
        return new Sizes(hidden, input, middle, inner, output, used, experts, heads, Math.max(groups, count), shared);
    }

    private Sizes withShared(int rows) {
        return new Sizes(hidden, input, Math.max(middle, 2 * rows), Math.max(inner, rows), output, used, experts,
                heads, groups, hidden);
    }

    /** Bytes of all buffers for a pass. */
    long bytes(int tokens, int steps, int logitRows, int vocabulary) {
        long each = 4L * hidden + 8L * input + 4L * middle + 8L * inner + 4L * output + 16L * used + 4L * experts + 8
                + (shared > 0 ? 4L * shared + 4 : 0);
        return each * tokens + 4L * hidden * Math.min(tokens, ForwardPass.FEW)
                + 4L * heads * Batch.mostPartials(tokens, steps)
                + 4L * groups * tokens + 4L * logitRows * vocabulary
                + 16L * (experts + (long) used * tokens);
    }
}
