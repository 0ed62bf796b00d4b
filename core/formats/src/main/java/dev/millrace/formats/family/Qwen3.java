/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.Gating;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Span;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Alibaba's Qwen 3 (Yang et al., 2025), dense or with a mixture of experts: norms of query and key heads; the router's scores are
 * a softmax over all experts.
 */
public final class Qwen3 implements GgufFamily {

    /** For the service loader. */
    public Qwen3() {
    }

    @Override
    public Set<String> names() {
        return Set.of("qwen3", "qwen3moe", "qwen3_moe");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.COMMON;
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        Rope rope = Ropes.of(t, 10_000);
        t.scoring("softmax");
        boolean windowed = t.gguf || keys.flagOr(false, "use_sliding_window");
        int full = keys.integerOr(t.gguf ? 0 : 28, 0, Transformer.MAX_PARTS, "max_window_layers");
        boolean moe = !keys.architecture().equals("qwen3");
        boolean biased = t.biased("attention_bias", "attn_q");
        boolean outputBiased = t.biased("attention_bias", "attn_output");
        return t.blueprint(moe ? "qwen3moe" : "qwen3", i -> {
            int headSize = t.heads(i).size();
            return new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                    t.attention(i, rope, biased, outputBiased)
                            .withNorms(t.norm(i, "attn_q_norm", "self_attn.q_norm", headSize),
                                    t.norm(i, "attn_k_norm", "self_attn.k_norm", headSize))
                            .withSpan(windowed ? t.span(i, layer -> layer >= full) : Span.ALL),
                    t.norm(i, "ffn_norm", "post_attention_layernorm"),
                    moe && mixes(t, i) ? experts(t, i) : t.dense(i, Activation.SILU));
        });
    }

    private static boolean mixes(Transformer t, int layer) {
        if (t.gguf) {
            return t.weights.has(t.name(layer, "ffn_gate_inp.weight", ""));
        }
        int step = t.keys.integerOr(1, 1, Transformer.MAX_PARTS, "decoder_sparse_step");
        boolean dense = false;
        for (Object each : t.keys.list("mlp_only_layers")) {
            if (!(each instanceof Long number) || number < 0 || number >= t.layers) {
                throw t.keys.wrong("mlp_only_layers", "names the layer " + each + ", expected 0 to " + (t.layers - 1));
            }
            dense |= number == layer;
        }
        return (layer + 1) % step == 0 && !dense;
    }

    private static Experts experts(Transformer t, int layer) {
        Transformer.Mixture m = t.mixture("moe_intermediate_size");
        t.keys.refuse(1L, "expert_gating_func");
        return new Experts(t.router(layer, m.count(), "mlp.gate", false), null, Gating.SOFTMAX, m.used(),
                t.keys.flagOr(t.gguf, t.key("expert_weights_norm", "norm_topk_prob")),
                t.keys.positiveOr(1, "expert_weights_scale"),
                t.experts(layer, m, Activation.SILU, "mlp.experts", Transformer.Gated.PROJECTIONS), null);
    }
}
