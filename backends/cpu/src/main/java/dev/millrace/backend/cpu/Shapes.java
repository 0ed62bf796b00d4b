/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
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
        linear(a.query(), queries, hidden);
        linear(a.key(), keys, hidden);
        linear(a.value(), keys, hidden);
        linear(a.output(), hidden, queries);
        headNorm(a.queryNorm(), a.headSize(), queries);
        headNorm(a.keyNorm(), a.headSize(), keys);
        vector(a.sinks(), a.heads());
        demand(a.span().window() >= 0, name + " has a window of " + a.span().window() + " tokens.");
        demand(Float.isFinite(a.scale()) && a.softcap() >= 0 && Float.isFinite(a.softcap()),
                name + " has a scale of " + a.scale() + " and a softcap of " + a.softcap() + ".");
        if (a.position() instanceof Position.Rope rope) {
            rope(name, rope, a.headSize());
        }
    }

    private static void rope(String name, Position.Rope rope, int headSize) throws Mismatch {
        int dimensions = rope.dimensions();
        demand(dimensions > 0 && dimensions % 2 == 0 && dimensions <= headSize,
                name + " turns " + dimensions + " values of heads of " + headSize + ".");
        int divisors = switch (rope.scaling()) {
            case Position.Scaling.Divisors d -> d.divisors().size();
            case Position.Scaling.LongRope l -> Math.min(l.shortDivisors().size(), l.longDivisors().size());
            case Position.Scaling.None none -> dimensions / 2;
            case Position.Scaling.Linear linear -> dimensions / 2;
            case Position.Scaling.Llama3 llama -> dimensions / 2;
            case Position.Scaling.Yarn yarn -> dimensions / 2;
        };
        demand(divisors >= dimensions / 2,
                name + " has a rope with " + divisors + " divisors for " + dimensions / 2 + " frequencies.");
        for (double frequency : rope.frequencies(1)) {
            demand(Double.isFinite(frequency), name + " has a rope with a frequency of " + frequency + ".");
        }
    }

    private void experts(Blueprint.Experts e, int hidden) throws Mismatch {
        int count = e.experts().size();
        demand(e.used() >= 1 && e.used() <= count,
                e.router().weight().name() + " picks " + e.used() + " of " + count + " experts.");
        linear(e.router(), count, hidden);
        vector(e.bias(), count);
        Blueprint.Dense first = e.experts().getFirst();
        for (Blueprint.Dense expert : e.experts()) {
            dense(expert, first.gate().weight().rows(), hidden);
            demand(expert.activation().equals(first.activation()),
                    expert.gate().weight().name() + " has another activation than other experts.");
        }
        if (e.shared() != null) {
            Blueprint.Dense shared = e.shared().expert();
            dense(shared, shared.gate().weight().rows(), hidden);
            if (e.shared().gate() != null) {
                matrix(e.shared().gate(), 1, hidden);
            }
        }
    }

    private void dense(Blueprint.Dense d, long inner, int hidden) throws Mismatch {
        linear(d.gate(), inner, hidden);
        linear(d.up(), inner, hidden);
        linear(d.down(), hidden, inner);
    }

    private void linear(Blueprint.Linear map, long rows, long columns) throws Mismatch {
        matrix(map.weight(), rows, columns);
        vector(map.bias(), rows);
    }

    private void vector(@Nullable Tensor tensor, long values) throws Mismatch {
        if (tensor != null) {
            matrix(tensor, 1, values);
        }
    }

    /** Over each head, or over all heads together. */
    private void headNorm(Blueprint.@Nullable Norm norm, long head, long all) throws Mismatch {
        if (norm != null) {
            norm(norm, norm.weight().columns() == head ? head : all);
        }
    }

    private void norms(Blueprint.Norms norms, int width) throws Mismatch {
        norm(norms.before(), width);
        norm(norms.after(), width);
    }

    private void norm(Blueprint.@Nullable Norm norm, long width) throws Mismatch {
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
