/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.formats.family.Transformer.Mixture;
import dev.millrace.formats.tensor.RowsTensor;
import dev.millrace.formats.tensor.StridedTensor;
import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.Gating;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Linear;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Order;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * OpenAI's gpt-oss (2025): windows in every second layer, attention sinks, biases everywhere, experts with a clamped SwiGLU.
 * Hugging Face folders have the experts in MXFP4, or as matrices that are stored by columns with gate and up in turn.
 */
public final class GptOss implements GgufFamily {

    /** For the service loader. */
    public GptOss() {
    }

    @Override
    public Set<String> names() {
        return Set.of("gpt-oss", "gpt_oss");
    }

    @Override
    public GgufLayout layout() {
        return new GgufLayout(Order.HALVES, "output_norm", "post_attention_norm", false, true);
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        keys.refuse(3L, "expert_gating_func");
        t.scoring("softmax");
        Activation clamped = new Activation.ClampedSwiglu(1.702f, keys.positiveOr(7, "swiglu_limit"));
        // the ramp of its rope has fractions at its ends, in GGUF too, which has no key for it
        Rope rope = Ropes.of(t, 150_000, Order.HALVES, "", !t.gguf);
        return t.blueprint("gpt-oss",
                i -> new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                        t.attention(i, rope, true, true).withSpan(t.windows(i, layer -> layer % 2 == 0, 0))
                                .withScores((float) (1 / Math.sqrt(t.heads(i).size())), 0, sinks(t, i)),
                        t.norm(i, "post_attention_norm", "post_attention_layernorm"), experts(t, i, clamped)));
    }

    private static Tensor sinks(Transformer t, int layer) {
        return t.weights.takeFloats(t.name(layer, "attn_sinks.weight", "self_attn.sinks"), t.heads(layer).count());
    }

    private static Experts experts(Transformer t, int layer, Activation activation) {
        Transformer.Mixture m = t.mixture("intermediate_size");
        return new Experts(t.router(layer, m.count(), "mlp.router", true), null, Gating.SOFTMAX_OF_PICKED, m.used(),
                true,
                1, t.gguf ? stacks(t, layer, m, activation) : pairs(t, layer, m, activation), null);
    }

    private static List<Dense> stacks(Transformer t, int layer, Mixture m, Activation activation) {
        List<Dense> plain = t.experts(layer, m, activation, "", Transformer.Gated.PROJECTIONS);
        Tensor gate = t.weights.takeFloats(t.name(layer, "ffn_gate_exps.bias", ""), m.count(), m.inner());
        Tensor up = t.weights.takeFloats(t.name(layer, "ffn_up_exps.bias", ""), m.count(), m.inner());
        Tensor down = t.weights.takeFloats(t.name(layer, "ffn_down_exps.bias", ""), m.count(), t.hidden);
        List<Dense> experts = new ArrayList<>();
        for (int x = 0; x < m.count(); x++) {
            experts.add(new Dense(new Linear(plain.get(x).gate().weight(), gate.slice(x, 1)),
                    new Linear(plain.get(x).up().weight(), up.slice(x, 1)),
                    new Linear(plain.get(x).down().weight(), down.slice(x, 1)), activation));
        }
        return experts;
    }

    private static List<Dense> pairs(Transformer t, int layer, Mixture m, Activation activation) {
        int inner = m.inner();
        boolean packed = Quantisation.microscaled(t.keys);
        String name = t.name(layer, "", "mlp.experts.");
        Tensor gateUp = packed
                ? t.weights.take(name + "gate_up_proj", m.count(), 2L * inner, t.hidden)
                : t.weights.take(name + "gate_up_proj", m.count(), t.hidden, 2L * inner);
        Tensor down = packed
                ? t.weights.take(name + "down_proj", m.count(), t.hidden, inner)
                : t.weights.take(name + "down_proj", m.count(), inner, t.hidden);
        Tensor gateUpBias = t.weights.takeFloats(name + "gate_up_proj_bias", m.count(), 2L * inner);
        Tensor downBias = t.weights.takeFloats(name + "down_proj_bias", m.count(), t.hidden);
        List<Dense> experts = new ArrayList<>();
        for (int x = 0; x < m.count(); x++) {
            Tensor both = packed
                    ? gateUp.slice(2L * x * inner, 2L * inner)
                    : transposed(gateUp.slice((long) x * t.hidden, t.hidden));
            Tensor biases = gateUpBias.slice(x, 1);
            experts.add(new Dense(
                    new Linear(every(both, inner, 0), new StridedTensor(biases, 1, inner, 0, 0, 2)),
                    new Linear(every(both, inner, 1), new StridedTensor(biases, 1, inner, 1, 0, 2)),
                    new Linear(packed
                            ? down.slice((long) x * t.hidden, t.hidden)
                            : transposed(down.slice((long) x * inner, inner)), downBias.slice(x, 1)),
                    activation));
        }
        return experts;
    }

    private static StridedTensor transposed(Tensor tensor) {
        return new StridedTensor(tensor, tensor.columns(), tensor.rows(), 0, 1, tensor.columns());
    }

    /** Every second row. */
    private static Tensor every(Tensor both, int rows, int first) {
        return both instanceof StridedTensor s
                ? new StridedTensor(s.source(), rows, s.columns(), first, 2, s.columnStride())
                : new RowsTensor(both, rows, row -> 2 * row + first);
    }
}
