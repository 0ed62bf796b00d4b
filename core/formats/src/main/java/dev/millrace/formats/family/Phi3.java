/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Linear;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Order;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Microsoft's Phi-3, Phi-3.5, Phi-4 and Phi-4-mini (Abdin et al., 2024): query, key and value in one matrix, gate and up in another;
 * LongRoPE; a rope over a part of each head.
 */
public final class Phi3 implements GgufFamily {

    /** For the service loader. */
    public Phi3() {
    }

    @Override
    public Set<String> names() {
        return Set.of("phi3");
    }

    @Override
    public GgufLayout layout() {
        return new GgufLayout(Order.HALVES, "output_norm", "ffn_norm", true, true);
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        keys.refuse(false, "attention_bias");
        Rope rope = Ropes.of(t, 10_000);
        return t.blueprint("phi3",
                i -> new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                        attention(t, i, rope).withSpan(t.span(i, layer -> true)),
                        t.norm(i, "ffn_norm", "post_attention_layernorm"), dense(t, i)));
    }

    private static Attention attention(Transformer t, int layer, Rope rope) {
        Transformer.Heads h = t.heads(layer);
        long queries = (long) h.count() * h.size();
        long kv = (long) h.kv() * h.size();
        Tensor fused = t.weights.take(t.name(layer, "attn_qkv.weight", "self_attn.qkv_proj.weight"), queries + 2 * kv,
                t.hidden);
        return Transformer.plain(h, rope, new Linear(fused.slice(0, queries)), new Linear(fused.slice(queries, kv)),
                new Linear(fused.slice(queries + kv, kv)),
                t.linear(t.name(layer, "attn_output", "self_attn.o_proj"), t.hidden, queries, false));
    }

    private static Dense dense(Transformer t, int layer) {
        long inner = t.inner(layer);
        Tensor fused = t.weights.take(t.name(layer, "ffn_up.weight", "mlp.gate_up_proj.weight"), 2 * inner, t.hidden);
        return new Dense(new Linear(fused.slice(0, inner)), new Linear(fused.slice(inner, inner)),
                t.linear(t.name(layer, "ffn_down", "mlp.down_proj"), t.hidden, inner, false), Activation.SILU);
    }
}
