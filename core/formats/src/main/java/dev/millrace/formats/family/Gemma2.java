/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Multipliers;
import dev.millrace.spi.model.Blueprint.Norms;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Google's Gemma 2 (Gemma Team, 2024): norms before and after, windows in every second layer, softcaps of scores and logits.
 */
public final class Gemma2 implements GgufFamily {

    private static final int LAYERS_OF_27B = 46;
    /** Of all its models; older GGUF files do not state it. */
    private static final int OLDER_WINDOW = 4096;

    /** For the service loader. */
    public Gemma2() {
    }

    @Override
    public Set<String> names() {
        return Set.of("gemma2");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.COMMON.withoutFactors();
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights, true, "model.");
        t.activation("gelu_pytorch_tanh");
        keys.refuse(false, "use_bidirectional_attention");
        keys.refuse(false, "attention_bias");
        Rope rope = Ropes.of(t, 10_000);
        float softcap = keys.positiveOr(t.gguf ? 50 : 0, "attn_logit_softcapping");
        return t.blueprint("gemma2", i -> new Layer(
                new Norms(t.norm(i, "attn_norm", "input_layernorm"),
                        t.norm(i, "post_attention_norm", "post_attention_layernorm")),
                t.attention(i, rope).withSpan(t.windows(i, layer -> layer % 2 == 0, t.gguf ? OLDER_WINDOW : 0))
                        .withScores(scale(t), softcap, null),
                new Norms(t.norm(i, "ffn_norm", "pre_feedforward_layernorm"),
                        t.norm(i, "post_ffw_norm", "post_feedforward_layernorm")),
                t.dense(i, Activation.GELU)),
                new Multipliers((float) Math.sqrt(t.hidden), 1, 1),
                keys.positiveOr(t.gguf ? 30 : 0, "final_logit_softcapping"));
    }

    /** {@code 1 / sqrt(query_pre_attn_scalar)}; GGUF files have no key for it, their readers know the one size that differs. */
    private static float scale(Transformer t) {
        if (!t.gguf) {
            return (float) (1 / Math.sqrt(t.keys.positive("query_pre_attn_scalar")));
        }
        Transformer.Heads heads = t.heads(0);
        int scalar = t.layers == LAYERS_OF_27B ? t.hidden / heads.count() : heads.size();
        return t.keys.positiveOr((float) (1 / Math.sqrt(scalar)), "attention.scale");
    }
}
