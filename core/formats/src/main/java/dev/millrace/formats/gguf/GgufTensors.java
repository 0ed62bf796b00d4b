/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.MillraceException;
import dev.millrace.formats.family.GgufLayout;
import dev.millrace.formats.tensor.ArrayTensor;
import dev.millrace.formats.tensor.RowsTensor;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Position.Order;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Position.Scaling;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Collects the tensors of a blueprint with their names in GGUF. */
final class GgufTensors {

    private final Blueprint blueprint;
    private final GgufLayout layout;
    private final Function<Tensor, TensorType> types;
    private final List<OutgoingTensor> out = new ArrayList<>();

    GgufTensors(Blueprint blueprint, GgufLayout layout, Function<Tensor, TensorType> types) {
        this.blueprint = blueprint;
        this.layout = layout;
        this.types = types;
    }

    List<OutgoingTensor> all() {
        ropeTables();
        matrix("token_embd.weight", blueprint.embedding());
        norm(layout.outputNorm(), blueprint.outputNorm());
        if (!blueprint.head().equals(blueprint.embedding())) {
            matrix("output.weight", blueprint.head());
        }
        for (int i = 0; i < blueprint.layers().size(); i++) {
            layer("blk." + i + ".", blueprint.layers().get(i));
        }
        return out;
    }

    /** Scalings for which GGUF has tensors instead of keys. */
    private void ropeTables() {
        blueprint.layers().stream().map(Blueprint.Layer::mixer).filter(Blueprint.Attention.class::isInstance)
                .map(m -> ((Blueprint.Attention) m).position()).filter(Rope.class::isInstance)
                .map((Position p) -> (Rope) p).findFirst().ifPresent(rope -> {
                    switch (rope.scaling()) {
                        case Scaling.Llama3 llama3 -> floats("rope_freqs.weight", divisors(rope));
                        case Scaling.Divisors d -> floats("rope_freqs.weight", divisors(rope));
                        case Scaling.LongRope l -> {
                            floats("rope_factors_long.weight", array(l.longDivisors()));
                            floats("rope_factors_short.weight", array(l.shortDivisors()));
                        }
                        case Scaling.None none -> {
                        }
                        case Scaling.Linear linear -> {
                        }
                        case Scaling.Yarn yarn -> {
                        }
                    }
                });
    }

    private static float[] divisors(Rope rope) {
        double[] plain = new Rope(rope.dimensions(), rope.base()).frequencies(1);
        double[] scaled = rope.frequencies(1);
        float[] divisors = new float[plain.length];
        for (int j = 0; j < plain.length; j++) {
            divisors[j] = (float) (plain[j] / scaled[j]);
        }
        return divisors;
    }

    private static float[] array(List<Float> values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return array;
    }

    private void layer(String blk, Blueprint.Layer layer) {
        norm(blk + "attn_norm", layer.mixerNorms().before());
        switch (layer.mixer()) {
            case Blueprint.Attention a -> attention(blk, a);
            case Blueprint.ShortConv c -> {
                matrix(blk + "shortconv.in_proj.weight", c.in());
                plain(blk + "shortconv.conv.weight", c.kernel(), blueprint.hiddenSize(), c.width());
                matrix(blk + "shortconv.out_proj.weight", c.out());
            }
        }
        norm(blk + "post_attention_norm", layer.mixerNorms().after());
        norm(blk + layout.feedForwardNorm(), layer.feedForwardNorms().before());
        switch (layer.feedForward()) {
            case Blueprint.Dense d when layout.fused() -> {
                fused(blk + "ffn_up.weight", d.gate().weight(), d.up().weight());
                linear(blk + "ffn_down", d.down());
            }
            case Blueprint.Dense d -> {
                linear(blk + "ffn_gate", d.gate());
                linear(blk + "ffn_up", d.up());
                linear(blk + "ffn_down", d.down());
            }
            case Blueprint.Experts e -> experts(blk, e);
        }
        norm(blk + "post_ffw_norm", layer.feedForwardNorms().after());
    }

    private void attention(String blk, Blueprint.Attention a) {
        if (layout.fused()) {
            fused(blk + "attn_qkv.weight", a.query().weight(), a.key().weight(), a.value().weight());
        } else {
            linear(blk + "attn_q", permuted(a.query(), a));
            linear(blk + "attn_k", permuted(a.key(), a));
            linear(blk + "attn_v", a.value());
        }
        linear(blk + "attn_output", a.output());
        norm(blk + "attn_q_norm", a.queryNorm());
        norm(blk + "attn_k_norm", a.keyNorm());
        if (a.sinks() != null) {
            plain(blk + "attn_sinks.weight", a.sinks(), a.heads());
        }
    }

    /** Rows in the order that suits the rope of the written family. */
    private Blueprint.Linear permuted(Blueprint.Linear map, Blueprint.Attention a) {
        // layers without a rope are permuted like the others: queries and keys alike, so it changes nothing
        boolean halves = !(a.position() instanceof Rope rope) || rope.order() == Order.HALVES;
        if (layout.order() != Order.INTERLEAVED || !halves) {
            return map;
        }
        int dimensions = a.position() instanceof Rope rope ? rope.dimensions() : a.headSize();
        Tensor weight = new RowsTensor(map.weight(), map.weight().rows(), row -> halved(row, a.headSize(), dimensions));
        Tensor bias = map.bias();
        if (bias != null) {
            float[] values = values(bias);
            float[] moved = new float[values.length];
            for (int i = 0; i < moved.length; i++) {
                moved[i] = values[(int) halved(i, a.headSize(), dimensions)];
            }
            bias = new ArrayTensor(bias.name(), moved.length, moved);
        }
        return new Blueprint.Linear(weight, bias);
    }

    /** Where a row in interleaved order stands in half-split order. */
    private static long halved(long row, int headSize, int dimensions) {
        long within = row % headSize;
        return within >= dimensions
                ? row
                : row - within + within / 2 + (within % 2) * (dimensions / 2);
    }

    private void experts(String blk, Blueprint.Experts e) {
        int count = e.experts().size();
        plain(blk + "ffn_gate_inp.weight", e.router().weight(), count, blueprint.hiddenSize());
        if (e.router().bias() != null) {
            plain(blk + "ffn_gate_inp.bias", e.router().bias(), count);
        }
        if (e.bias() != null) {
            plain(blk + "exp_probs_b.bias", e.bias(), count);
        } else if (e.gating() == Blueprint.Gating.SIGMOID) {
            // llama.cpp wants one, zeros change nothing
            floats(blk + "exp_probs_b.bias", new float[count]);
        }
        stack(blk + "ffn_gate_exps", e.experts().stream().map(Blueprint.Dense::gate).toList());
        stack(blk + "ffn_up_exps", e.experts().stream().map(Blueprint.Dense::up).toList());
        stack(blk + "ffn_down_exps", e.experts().stream().map(Blueprint.Dense::down).toList());
    }

    private void stack(String name, List<Blueprint.Linear> maps) {
        List<Tensor> weights = maps.stream().map(Blueprint.Linear::weight).toList();
        Tensor first = weights.getFirst();
        out.add(new OutgoingTensor(name + ".weight", types.apply(first),
                new long[]{weights.size(), first.rows(), first.columns()}, weights));
        List<Tensor> biases = new ArrayList<>();
        for (Blueprint.Linear map : maps) {
            if (map.bias() != null) {
                biases.add(map.bias());
            }
        }
        if (!biases.isEmpty()) {
            out.add(new OutgoingTensor(name + ".bias", TensorType.F32, new long[]{biases.size(), first.rows()},
                    biases));
        }
    }

    private void fused(String name, Tensor... parts) {
        long rows = 0;
        for (Tensor part : parts) {
            rows += part.rows();
        }
        out.add(new OutgoingTensor(name, types.apply(parts[0]), new long[]{rows, parts[0].columns()}, List.of(parts)));
    }

    private void linear(String name, Blueprint.Linear map) {
        matrix(name + ".weight", map.weight());
        if (map.bias() != null) {
            plain(name + ".bias", map.bias(), map.weight().rows());
        }
    }

    private void matrix(String name, Tensor tensor) {
        out.add(new OutgoingTensor(name, types.apply(tensor), new long[]{tensor.rows(), tensor.columns()},
                List.of(tensor)));
    }

    /** GGUF stores norms with the 1 added. */
    private void norm(String name, Blueprint.@Nullable Norm norm) {
        if (norm == null) {
            return;
        }
        Tensor weight = norm.weight();
        if (norm.onePlus()) {
            float[] values = values(weight);
            for (int i = 0; i < values.length; i++) {
                values[i] += 1;
            }
            floats(name + ".weight", values);
        } else {
            plain(name + ".weight", weight, weight.columns());
        }
    }

    private void floats(String name, float[] values) {
        plain(name, new ArrayTensor(name, values.length, values), values.length);
    }

    private void plain(String name, Tensor tensor, long... shape) {
        out.add(new OutgoingTensor(name, TensorType.F32, shape, List.of(tensor)));
    }

    private static float[] values(Tensor vector) {
        float[] values = new float[Math.toIntExact(vector.columns())];
        try {
            vector.read(0, 1, values, 0);
        } catch (IOException e) {
            throw new MillraceException(vector.name() + " cannot be read: " + e.getMessage(), e);
        }
        return values;
    }
}
