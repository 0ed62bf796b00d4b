/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the kernels cannot compute, each in a sentence. */
final class Shapes {

    /** What one block of threads can hold (norm.h). */
    private static final int WIDEST = 16 * 1024;
    private static final int MOST_EXPERTS = 512;
    private static final int MOST_USED = 32;
    private static final int MOST_TAPS = 32;

    private Shapes() {
    }

    /** Why a blueprint cannot be run; null if it can. */
    static Fit.@Nullable Refused problem(Blueprint blueprint, Set<Feature> known) {
        String start = "The CUDA backend cannot run this " + blueprint.architecture() + " model: ";
        Set<Feature> missing = EnumSet.noneOf(Feature.class);
        missing.addAll(blueprint.features());
        missing.removeAll(known);
        if (!missing.isEmpty()) {
            return new Fit.Refused(
                    start + "it needs " + String.join(", ", missing.stream().map(Feature::description).toList()) + ".",
                    Fit.Cause.FEATURE);
        }
        for (Tensor tensor : blueprint.matrices()) {
            if (!Matrix.TYPES.contains(tensor.type())) {
                return new Fit.Refused(
                        start + tensor.name() + " is stored as " + tensor.type() + ", which it has no kernel for.",
                        Fit.Cause.TYPE);
            }
            if (tensor.columns() % 32 != 0) {
                return shape(start + tensor.name() + " has " + tensor.columns() + " columns, not a multiple of 32.");
            }
        }
        if (blueprint.hiddenSize() % 32 != 0) {
            return shape(start + "its width of " + blueprint.hiddenSize() + " is not a multiple of 32.");
        }
        if (blueprint.hiddenSize() > WIDEST) {
            return shape(start + "its width of " + blueprint.hiddenSize() + " is more than " + WIDEST + ".");
        }
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a && !ForwardPass.takes(a)) {
                return shape(start + "it has heads of " + a.headSize() + " values, " + a.heads() / a.kvHeads()
                        + " to a key head, which it has no kernel for.");
            }
            if (layer.mixer() instanceof Blueprint.ShortConv c && c.width() > MOST_TAPS) {
                return shape(start + "it has convolutions of " + c.width() + " taps; at most " + MOST_TAPS
                        + " are possible.");
            }
            if (layer.feedForward() instanceof Blueprint.Experts e) {
                String problem = problem(e);
                if (problem != null) {
                    return shape(start + problem);
                }
            }
        }
        return null;
    }

    private static Fit.Refused shape(String sentence) {
        return new Fit.Refused(sentence, Fit.Cause.SHAPE);
    }

    private static @Nullable String problem(Blueprint.Experts e) {
        if (e.experts().size() > MOST_EXPERTS || e.used() > MOST_USED) {
            return "it has " + e.experts().size() + " experts, of which " + e.used() + " work at a time; at most "
                    + MOST_EXPERTS + " and " + MOST_USED + " are possible.";
        }
        List<Blueprint.Dense> all = e.experts();
        for (Blueprint.Dense one : all) {
            if (one.gate().weight().type() != all.getFirst().gate().weight().type()
                    || one.up().weight().type() != all.getFirst().up().weight().type()
                    || one.down().weight().type() != all.getFirst().down().weight().type()) {
                return "its experts are stored in different types.";
            }
        }
        return null;
    }
}
