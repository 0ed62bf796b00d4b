/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.Linear;
import dev.millrace.spi.model.Blueprint.Norm;
import dev.millrace.spi.model.Blueprint.ShortConv;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import org.jspecify.annotations.Nullable;

/** Whether the parts of a blueprint fit together, as its documentation says. */
final class BlueprintCheck {

    private final Blueprint model;

    private BlueprintCheck(Blueprint model) {
        this.model = model;
    }

    /** Fails with a sentence that names what does not fit. */
    static void check(Blueprint model) {
        BlueprintCheck check = new BlueprintCheck(model);
        assertTrue(model.contextLength() > 0 && model.hiddenSize() > 0 && model.vocabularySize() > 0
                && !model.layers().isEmpty(),
                () -> "A blueprint has a width, a vocabulary, a context and layers: "
                        + model.architecture());
        int hidden = model.hiddenSize();
        shape("embedding", model.embedding(), model.vocabularySize(), hidden);
        shape("head", model.head(), model.vocabularySize(), hidden);
        norm("outputNorm", model.outputNorm(), hidden);
        for (int i = 0; i < model.layers().size(); i++) {
            check.layer("layer " + i, model.layers().get(i));
        }
    }

    private void layer(String where, Blueprint.Layer layer) {
        int hidden = model.hiddenSize();
        norm(where + ", norm before the mixer", layer.mixerNorms().before(), hidden);
        norm(where + ", norm after the mixer", layer.mixerNorms().after(), hidden);
        norm(where + ", norm before the feed-forward", layer.feedForwardNorms().before(), hidden);
        norm(where + ", norm after the feed-forward", layer.feedForwardNorms().after(), hidden);
        switch (layer.mixer()) {
            case Attention a -> attention(where + ", attention", a);
            case ShortConv c -> {
                assertTrue(c.width() > 0, () -> where + ": a kernel of " + c.width() + " taps");
                shape(where + ", in", c.in(), 3L * hidden, hidden);
                shape(where + ", kernel", c.kernel(), hidden, c.width());
                shape(where + ", out", c.out(), hidden, hidden);
            }
        }
        switch (layer.feedForward()) {
            case Dense d -> dense(where, d);
            case Experts e -> experts(where + ", experts", e);
        }
    }

    private void attention(String where, Attention a) {
        assertTrue(a.heads() > 0 && a.kvHeads() > 0 && a.headSize() > 0 && a.heads() % a.kvHeads() == 0,
                () -> where + ": " + a.heads() + " query heads are not shared by " + a.kvHeads() + " key-value heads");
        long queries = (long) a.heads() * a.headSize();
        long kv = (long) a.kvHeads() * a.headSize();
        linear(where + ", query", a.query(), queries, model.hiddenSize());
        linear(where + ", key", a.key(), kv, model.hiddenSize());
        linear(where + ", value", a.value(), kv, model.hiddenSize());
        linear(where + ", output", a.output(), model.hiddenSize(), queries);
        headNorm(where + ", queryNorm", a.queryNorm(), a.headSize(), queries);
        headNorm(where + ", keyNorm", a.keyNorm(), a.headSize(), kv);
        if (a.position() instanceof Position.Rope rope) {
            assertTrue(rope.dimensions() <= a.headSize(), () -> where + ": a rope over " + rope.dimensions()
                    + " values of heads that have " + a.headSize());
        }
        assertTrue(a.span().window() >= 0, () -> where + ": a window of " + a.span().window());
        assertTrue(Float.isFinite(a.scale()) && a.scale() != 0, () -> where + ": a scale of " + a.scale());
        if (a.sinks() != null) {
            shape(where + ", sinks", a.sinks(), 1, a.heads());
        }
    }

    private static void headNorm(String where, @Nullable Norm norm, long headSize, long all) {
        if (norm != null) {
            norm(where, norm, norm.weight().columns() == headSize ? headSize : all);
        }
    }

    private void experts(String where, Experts e) {
        assertTrue(!e.experts().isEmpty() && e.used() > 0 && e.used() <= e.experts().size(),
                () -> where + ": " + e.used() + " of " + e.experts().size() + " are to work");
        linear(where + ", router", e.router(), e.experts().size(), model.hiddenSize());
        if (e.bias() != null) {
            shape(where + ", bias", e.bias(), 1, e.experts().size());
        }
        Dense first = e.experts().getFirst();
        for (Dense one : e.experts()) {
            dense(where, one);
            assertEquals(first.gate().weight().rows(), one.gate().weight().rows(), () -> where + ": widths differ");
        }
        if (e.shared() != null) {
            dense(where + ", shared", e.shared().expert());
            if (e.shared().gate() != null) {
                shape(where + ", gate of the shared one", e.shared().gate(), 1, model.hiddenSize());
            }
        }
    }

    private void dense(String where, Dense d) {
        long inner = d.gate().weight().rows();
        linear(where + ", gate", d.gate(), inner, model.hiddenSize());
        linear(where + ", up", d.up(), inner, model.hiddenSize());
        linear(where + ", down", d.down(), model.hiddenSize(), inner);
    }

    private static void linear(String where, Linear map, long rows, long columns) {
        shape(where, map.weight(), rows, columns);
        if (map.bias() != null) {
            shape(where + ", bias", map.bias(), 1, rows);
        }
    }

    private static void norm(String where, @Nullable Norm norm, long columns) {
        if (norm != null) {
            shape(where, norm.weight(), 1, columns);
            assertTrue(norm.epsilon() >= 0 && Float.isFinite(norm.epsilon()),
                    () -> where + ": an epsilon of " + norm.epsilon());
        }
    }

    private static void shape(String where, Tensor tensor, long rows, long columns) {
        assertEquals(rows + " x " + columns, tensor.rows() + " x " + tensor.columns(),
                () -> where + ": the tensor " + tensor.name() + " has another shape than the blueprint needs");
    }
}
