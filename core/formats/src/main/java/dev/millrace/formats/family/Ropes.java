/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Position.Order;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Position.Scaling;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads the rope of a file: in GGUF the keys {@code rope.*} and the tensors {@code rope_freqs} and {@code rope_factors_*}; in
 * config.json {@code rope_parameters}, or {@code rope_theta} and {@code rope_scaling} of older files.
 */
final class Ropes {

    private static final int MAX_CONTEXT = 1 << 30;
    private static final double MAX_FACTOR = 1e6;
    private static final String KNOWN = ", which is not supported; known are ";
    /** What a GGUF file may say of scaling; it counts where no tensor says more. */
    private static final List<String> GGUF_TYPES = List.of("none", "linear", "yarn", "longrope");

    private final Transformer model;
    private final Keys keys;
    /** In config.json what says how the rope is scaled. */
    private final Keys scaling;
    private final Keys parameters;
    private final boolean truncate;
    private int dimensions;

    private Ropes(Transformer model, String kind, boolean truncate) {
        this.model = model;
        this.keys = model.keys;
        this.truncate = truncate;
        Keys all = keys.group("rope_parameters");
        parameters = all.has(kind) ? all.group(kind) : all;
        scaling = keys.has("rope_scaling") ? keys.group("rope_scaling") : parameters;
    }

    /**
     * The rope of a model that has one.
     *
     * @param base where the file states none; 0 if it has to
     * @param order which values turn together, in a file of this form
     */
    static Rope of(Transformer model, float base, Order order) {
        return of(model, base, order, "", true);
    }

    /** The same in half-split order. */
    static Rope of(Transformer model, float base) {
        return of(model, base, Order.HALVES);
    }

    /** In the order of files whose query and key rows llama.cpp's converter permutes. */
    static Rope permuted(Transformer model, float base) {
        return of(model, base, model.gguf ? Order.INTERLEAVED : Order.HALVES);
    }

    /**
     * The rope of one kind of layers.
     *
     * @param kind as {@code layer_types} names it
     * @param truncate whether YaRN's ramp has whole ends where the file does not say
     */
    static Rope of(Transformer model, float base, Order order, String kind, boolean truncate) {
        Ropes ropes = new Ropes(model, kind, truncate);
        return model.gguf ? ropes.gguf(base, order) : ropes.config(base, order);
    }

    private Rope gguf(float base, Order order) {
        int layer = attentionLayer();
        int size = model.kvHeads(layer) == 0 ? 2 : model.heads(layer).size();
        dimensions = keys.integerOr(size, 2, size, "rope.dimension_count");
        return rope(order, base == 0 ? keys.positive("rope.freq_base") : keys.positiveOr(base, "rope.freq_base"),
                ggufScaling());
    }

    /** Hybrid families have layers without heads. */
    private int attentionLayer() {
        int layer = 0;
        while (layer < model.layers - 1 && model.kvHeads(layer) == 0) {
            layer++;
        }
        return layer;
    }

    private Scaling ggufScaling() {
        String type = keys.text("rope.scaling.type").orElse("linear");
        if (!GGUF_TYPES.contains(type)) {
            throw keys.wrong("rope.scaling.type", "is " + type + KNOWN + String.join(", ", GGUF_TYPES)
                    + Transformer.INSTEAD);
        }
        if (model.weights.has("rope_freqs.weight")) {
            return new Scaling.Divisors(divisors("rope_freqs.weight"));
        }
        float attention = keys.positiveOr(1, "rope.scaling.attn_factor");
        if (model.weights.has("rope_factors_long.weight")) {
            return new Scaling.LongRope(divisors("rope_factors_short.weight"), divisors("rope_factors_long.weight"),
                    keys.integerOr(model.context, 1, MAX_CONTEXT, "rope.scaling.original_context_length"), attention,
                    attention);
        }
        float factor = (float) keys.numberOr(1, 0, MAX_FACTOR, "rope.scaling.factor", "rope.scale_linear");
        return switch (type) {
            // 0 and 1 mean that nothing is scaled
            case "linear" -> factor == 0 || factor == 1 ? new Scaling.None() : new Scaling.Linear(factor);
            case "yarn" -> new Scaling.Yarn(factor,
                    keys.integerOr(model.context, 1, MAX_CONTEXT, "rope.scaling.original_context_length"),
                    keys.positiveOr(32, "rope.scaling.yarn_beta_fast"),
                    keys.positiveOr(1, "rope.scaling.yarn_beta_slow"), truncate,
                    attention * Scaling.Yarn.attention(factor));
            default -> new Scaling.None();
        };
    }

    private List<Float> divisors(String name) {
        int pairs = dimensions / 2;
        Tensor tensor = model.weights.takeFloats(name, pairs);
        float[] values = new float[pairs];
        try {
            tensor.read(0, 1, values, 0);
        } catch (IOException e) {
            throw keys.wrong(name, "cannot be read: " + e.getMessage());
        }
        List<Float> divisors = new ArrayList<>();
        for (float value : values) {
            if (!(value > 0) || Float.isInfinite(value)) {
                throw keys.wrong(name, "has " + value + ", expected numbers larger than 0");
            }
            divisors.add(value);
        }
        return divisors;
    }

    private Rope config(float base, Order order) {
        int size = model.heads(0).size();
        double part = (parameters.has("partial_rotary_factor") ? parameters : keys).numberOr(1, 0, 1,
                "partial_rotary_factor");
        dimensions = (int) (size * part);
        Keys where = parameters.has("rope_theta") ? parameters : keys;
        // a family's own base counts only where the file says nothing of its rope
        boolean stated = base == 0 || keys.has("rope_parameters");
        return rope(order, stated ? where.positive("rope_theta", "theta") : where.positiveOr(base, "rope_theta"),
                configScaling());
    }

    private Scaling configScaling() {
        Optional<String> named = scaling.text("rope_type", "type");
        if (named.isEmpty() && keys.has("rope_scaling")) {
            throw scaling.wrong("rope_type", "is missing" + Transformer.INSTEAD);
        }
        String type = named.orElse("default");
        return switch (type) {
            case "default" -> new Scaling.None();
            case "linear" -> new Scaling.Linear(scaling.positive("factor"));
            case "llama3" -> llama3();
            case "yarn" -> yarn();
            case "longrope", "su" -> longRope();
            default -> throw scaling.wrong("rope_type",
                    "is " + type + KNOWN + "default, linear, llama3, yarn, longrope" + Transformer.INSTEAD);
        };
    }

    private Scaling llama3() {
        float low = scaling.positive("low_freq_factor");
        float high = scaling.positive("high_freq_factor");
        if (high <= low) {
            throw scaling.wrong("high_freq_factor", "is " + high + ", expected more than low_freq_factor");
        }
        return new Scaling.Llama3(scaling.positive("factor"), low, high, originalContext());
    }

    private Scaling yarn() {
        float factor = scaling.positive("factor");
        float attention = Scaling.Yarn.attention(factor);
        if (scaling.has("mscale") && scaling.has("mscale_all_dim")) {
            attention = (float) (magnitude(factor, scaling.positive("mscale"))
                    / magnitude(factor, scaling.positive("mscale_all_dim")));
        }
        return new Scaling.Yarn(factor, originalContext(), scaling.positiveOr(32, "beta_fast"),
                scaling.positiveOr(1, "beta_slow"), scaling.flagOr(truncate, "truncate"),
                scaling.positiveOr(attention, "attention_factor"));
    }

    private static double magnitude(float factor, float scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private Scaling longRope() {
        int original = originalContext();
        double factor = keys.has("original_max_position_embeddings")
                || scaling.has("original_max_position_embeddings")
                        ? (double) model.context / original
                        : scaling.positive("factor");
        float attention = scaling.positiveOr(
                factor <= 1 || original <= 1 ? 1 : (float) Math.sqrt(1 + Math.log(factor) / Math.log(original)),
                "attention_factor");
        return new Scaling.LongRope(scaling.numbers(dimensions / 2, "short_factor"),
                scaling.numbers(dimensions / 2, "long_factor"), original,
                scaling.positiveOr(attention, "short_mscale"), scaling.positiveOr(attention, "long_mscale"));
    }

    private int originalContext() {
        Keys where = scaling.has("original_max_position_embeddings") ? scaling : keys;
        return where.integerOr(model.context, 1, MAX_CONTEXT, "original_max_position_embeddings");
    }

    private Rope rope(Position.Order order, float base, Scaling how) {
        if (dimensions < 2 || dimensions % 2 != 0) {
            throw keys.wrong(model.key("rope.dimension_count", "partial_rotary_factor"),
                    "makes " + dimensions + " values of a head turn, expected an even number from 2");
        }
        if (base <= 1) {
            throw keys.wrong(model.key("rope.freq_base", "rope_theta"), "is " + base + ", expected more than 1");
        }
        return new Rope(dimensions, base, order, how);
    }
}
