/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Norms;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Ai2's OLMo 2 (OLMo Team, 2025): norms after the parts of a layer and none before; norms over all query and all key heads together.
 */
public final class Olmo2 implements GgufFamily {

    /** For the service loader. */
    public Olmo2() {
    }

    @Override
    public Set<String> names() {
        return Set.of("olmo2");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.COMMON;
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        keys.refuse(false, "attention_bias");
        keys.refuse(0L, "attention.sliding_window");
        Rope rope = Ropes.of(t, 10_000);
        return t.blueprint("olmo2", i -> {
            Transformer.Heads h = t.heads(i);
            return new Layer(new Norms(null, t.norm(i, "post_attention_norm", "post_attention_layernorm")),
                    t.attention(i, rope).withNorms(
                            t.norm(i, "attn_q_norm", "self_attn.q_norm", (long) h.count() * h.size()),
                            t.norm(i, "attn_k_norm", "self_attn.k_norm", (long) h.kv() * h.size())),
                    new Norms(null, t.norm(i, "post_ffw_norm", "post_feedforward_layernorm")),
                    t.dense(i, Activation.SILU));
        });
    }
}
