/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Compares what two blueprints compute, whatever their tensors hold and however rows are ordered. */
public final class Likeness {

    private static final double TOLERANCE = 1e-5;

    private Likeness() {
    }

    /**
     * The first difference.
     *
     * @param a one model
     * @param b another
     * @return a clause for people, or empty if there is none
     */
    public static Optional<String> difference(Blueprint a, Blueprint b) {
        if (!close(a.multipliers().embedding(), b.multipliers().embedding())
                || !close(a.multipliers().residual(), b.multipliers().residual())
                || !close(a.multipliers().logits(), b.multipliers().logits()) || !close(a.softcap(), b.softcap())) {
            return Optional.of("multipliers " + a.multipliers() + " and a softcap of " + a.softcap());
        }
        if (a.vocabularySize() != b.vocabularySize() || a.hiddenSize() != b.hiddenSize()
                || a.layers().size() != b.layers().size() || a.contextLength() != b.contextLength()) {
            return Optional.of("the sizes");
        }
        for (int i = 0; i < a.layers().size(); i++) {
            Blueprint.Layer x = a.layers().get(i);
            Blueprint.Layer y = b.layers().get(i);
            String what = !mixer(x.mixer()).equals(mixer(y.mixer())) || !positions(x.mixer(), y.mixer())
                    ? shown(x.mixer())
                    : feedForward(x.feedForward()).equals(feedForward(y.feedForward()))
                            ? norms(x).equals(norms(y)) ? "" : "norms"
                            : feedForward(x.feedForward()).toString();
            if (!what.isEmpty()) {
                return Optional.of("layer " + i + " has " + what);
            }
        }
        return Optional.empty();
    }

    private static boolean close(double a, double b) {
        return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
    }

    private static List<Boolean> norms(Blueprint.Layer layer) {
        return List.of(layer.mixerNorms().before() != null, layer.mixerNorms().after() != null,
                layer.feedForwardNorms().before() != null, layer.feedForwardNorms().after() != null);
    }

    private static String shown(Blueprint.Mixer mixer) {
        return mixer(mixer) + (mixer instanceof Blueprint.Attention a ? " with " + a.position() : "");
    }

    private static List<Object> mixer(Blueprint.Mixer mixer) {
        return switch (mixer) {
            case Blueprint.ShortConv c -> List.of("a convolution", c.width());
            case Blueprint.Attention a ->
                List.of("attention", a.heads(), a.kvHeads(), a.headSize(), a.span(), a.scale(),
                        a.softcap(), a.sinks() != null, biased(a.query()), biased(a.key()), biased(a.value()),
                        biased(a.output()), size(a.queryNorm()), size(a.keyNorm()));
        };
    }

    private static boolean biased(Blueprint.Linear map) {
        return map.bias() != null;
    }

    private static long size(Blueprint.@Nullable Norm norm) {
        return norm == null ? 0 : norm.weight().columns();
    }

    private static boolean positions(Blueprint.Mixer a, Blueprint.Mixer b) {
        if (!(a instanceof Blueprint.Attention x) || !(b instanceof Blueprint.Attention y)) {
            return true;
        }
        if (!(x.position() instanceof Position.Rope p) || !(y.position() instanceof Position.Rope q)) {
            return Objects.equals(x.position(), y.position());
        }
        return p.dimensions() == q.dimensions() && turns(p, q, 1) && turns(p, q, Integer.MAX_VALUE);
    }

    private static boolean turns(Position.Rope p, Position.Rope q, int length) {
        double[] x = p.frequencies(length);
        double[] y = q.frequencies(length);
        for (int j = 0; j < x.length; j++) {
            if (!close(x[j], y[j])) {
                return false;
            }
        }
        return close(p.magnitude(length), q.magnitude(length));
    }

    private static List<Object> feedForward(Blueprint.FeedForward feedForward) {
        return switch (feedForward) {
            case Blueprint.Dense d -> List.of("a dense feed-forward", d.activation(), d.gate().weight().rows(),
                    biased(d.gate()), biased(d.up()), biased(d.down()));
            case Blueprint.Experts e -> List.of("experts", e.gating(), e.used(), e.normalise(), e.scale(),
                    biased(e.router()), e.experts().size(), feedForward(e.experts().getFirst()), e.shared() != null);
        };
    }
}
