/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Multipliers;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * IBM's Granite 3: Llama's layers with four multipliers. The key for the logits states a divisor.
 */
public final class Granite implements GgufFamily {

    /** For the service loader. */
    public Granite() {
    }

    @Override
    public Set<String> names() {
        return Set.of("granite");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.PERMUTED;
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        Rope rope = Ropes.permuted(t, 10_000);
        boolean biased = t.biased("attention_bias", "attn_q");
        boolean outputBiased = t.biased("attention_bias", "attn_output");
        boolean feedForwardBiased = t.biased("mlp_bias", "ffn_gate");
        float plain = (float) (1 / Math.sqrt(t.heads(0).size()));
        float scale = keys.positiveOr(t.gguf ? plain : 1, t.key("attention.scale", "attention_multiplier"));
        return t.blueprint("granite",
                i -> new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                        t.attention(i, rope, biased, outputBiased).withScores(scale, 0, null),
                        t.norm(i, "ffn_norm", "post_attention_layernorm"),
                        t.dense(i, t.inner(i), Activation.SILU, feedForwardBiased)),
                new Multipliers(keys.positiveOr(1, t.key("embedding_scale", "embedding_multiplier")),
                        keys.positiveOr(1, t.key("residual_scale", "residual_multiplier")),
                        1 / keys.positiveOr(1, t.key("logit_scale", "logits_scaling"))),
                0);
    }
}
