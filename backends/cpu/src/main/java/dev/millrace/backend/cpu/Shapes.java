/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import org.jspecify.annotations.Nullable;

/** Checks that the parts of a blueprint fit together, and that this backend can run them. */
final class Shapes {

    /** Why a blueprint cannot run. */
    static final class Mismatch extends Exception {
        private static final long serialVersionUID = 1;

        Mismatch(String message) {
            super(message);
        }
    }

    private final Blueprint blueprint;

    private Shapes(Blueprint blueprint) {
        this.blueprint = blueprint;
    }

    /**
     * Looks for what is wrong.
     *
     * @return one sentence, or null if nothing is
     */
    static @Nullable String problem(Blueprint blueprint) {
        try {
            new Shapes(blueprint).check();
            return null;
        } catch (Mismatch e) {
            return "The CPU backend cannot run this " + blueprint.architecture() + " model: " + e.getMessage();
        }
    }

    private void check() throws Mismatch {
        int hidden = blueprint.hiddenSize();
        matrix(blueprint.embedding(), blueprint.vocabularySize(), hidden);
        matrix(blueprint.head(), blueprint.vocabularySize(), hidden);
        norm(blueprint.outputNorm(), hidden);
        for (Blueprint.Layer layer : blueprint.layers()) {
            norms(layer.mixerNorms(), hidden);
            norms(layer.feedForwardNorms(), hidden);
            switch (layer.mixer()) {
                case Blueprint.Attention a -> attention(a, hidden);
                case Blueprint.ShortConv c -> {
                    demand(c.width() >= 1 && c.width() <= 64,
                            c.kernel().name() + " has a width of " + c.width() + ", not 1 to 64.");
                    matrix(c.in(), 3L * hidden, hidden);
                    matrix(c.kernel(), hidden, c.width());
                    matrix(c.out(), hidden, hidden);
                }
            }
            switch (layer.feedForward()) {
                case Blueprint.Dense d -> dense(d, d.gate().weight().rows(), hidden);
                case Blueprint.Experts e -> experts(e, hidden);
            }
        }
    }

    private void attention(Blueprint.Attention a, int hidden) throws Mismatch {
        String name = a.query().weight().name();
        demand(a.heads() > 0 && a.kvHeads() > 0 && a.heads() % a.kvHeads() == 0,
                name + " has " + a.heads() + " heads, which " + a.kvHeads() + " key-value heads do not divide.");
        demand(a.headSize() > 0 && a.headSize() % 2 == 0 && a.headSize() <= 1024,
                name + " has heads of " + a.headSize() + " values, not an even number up to 1024.");
        demand(a.heads() / a.kvHeads() <= 256, name + " has more than 256 heads for one key-value head.");
        long queries = (long) a.heads() * a.headSize();
        long keys = (long) a.kvHeads() * a.headSize();
        matrix(a.query().weight(), queries, hidden);
        matrix(a.key().weight(), keys, hidden);
        matrix(a.value().weight(), keys, hidden);
        matrix(a.output().weight(), hidden, queries);
        norm(a.queryNorm(), a.headSize());
        norm(a.keyNorm(), a.headSize());
    }

    private void experts(Blueprint.Experts e, int hidden) throws Mismatch {
        int count = e.experts().size();
        demand(e.used() >= 1 && e.used() <= count,
                e.router().weight().name() + " picks " + e.used() + " of " + count + " experts.");
        matrix(e.router().weight(), count, hidden);
        if (e.bias() != null) {
            matrix(e.bias(), 1, count);
        }
        long inner = e.experts().getFirst().gate().weight().rows();
        for (Blueprint.Dense expert : e.experts()) {
            dense(expert, inner, hidden);
        }
    }

    private void dense(Blueprint.Dense d, long inner, int hidden) throws Mismatch {
        matrix(d.gate().weight(), inner, hidden);
        matrix(d.up().weight(), inner, hidden);
        matrix(d.down().weight(), hidden, inner);
    }

    private void norms(Blueprint.Norms norms, int width) throws Mismatch {
        norm(norms.before(), width);
        norm(norms.after(), width);
    }

    private void norm(Blueprint.@Nullable Norm norm, int width) throws Mismatch {
        if (norm == null) {
            return;
        }
        matrix(norm.weight(), 1, width);
    }

    private void matrix(Tensor tensor, long rows, long columns) throws Mismatch {
        demand(tensor.rows() == rows && tensor.columns() == columns,
                tensor.name() + " has " + tensor.rows() + " rows of "
                        + tensor.columns() + " values, but " + rows + " of " + columns + " are needed.");
        // decoded panels and buffers of a whole micro-batch are Java arrays
        demand(rows <= 1 << 24 && columns <= 1 << 20 && rows > 0 && columns > 0,
                tensor.name() + " is larger than this backend can index.");
        TensorType type = tensor.type();
        demand(columns % type.blockSize() == 0, tensor.name() + " has rows of " + columns + " values, which blocks of "
                + type.blockSize() + " (" + type + ") do not fill.");
    }

    private static void demand(boolean holds, String otherwise) throws Mismatch {
        if (!holds) {
            throw new Mismatch(otherwise);
        }
    }
}
