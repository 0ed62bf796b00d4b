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
import dev.millrace.spi.model.Blueprint.Span;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Order;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Google's Gemma 3 (Gemma Team, 2025), the text models, also where they are a part of one that
 * reads images: norms before, after and of heads; five layers with a window and a rope of
 * their own for each that sees everything.
 */
public final class Gemma3 implements GgufFamily {

    private static final int LAYERS_OF_27B = 62;

    /** The part of config.json that is about the text model, in a model that also reads images. */
    private static final String TEXT = "text_config";
    /** What that part leaves out in published files, because transformers fills it in. */
    private static final Map<String, Object> UNSTATED = Map.of("vocab_size", 262_208L, "num_attention_heads", 8L,
            "num_key_value_heads", 4L, "head_dim", 256L, "rms_norm_eps", 1e-6, "max_position_embeddings", 131_072L,
            "query_pre_attn_scalar", 256L);

    /** For the service loader. */
    public Gemma3() {
    }

    @Override
    public Set<String> names() {
        return Set.of("gemma3", "gemma3_text");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.COMMON.withoutFactors();
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Quantisation.refuse(keys);
        return keys.has(TEXT)
                ? text(keys.group(TEXT).otherwise(UNSTATED), weights, prefix(weights))
                : text(keys, weights, "model.");
    }

    /** Before the names of the text model's tensors in a model that also reads images, in older and newer folders. */
    private static String prefix(Weights weights) {
        return List.of("language_model.model.", "model.language_model.").stream()
                .filter(prefix -> weights.has(prefix + "embed_tokens.weight")).findFirst().orElse("model.");
    }

    private static Blueprint text(Keys keys, Weights weights, String prefix) {
        Transformer t = new Transformer(keys, weights, true, prefix);
        t.activation("gelu_pytorch_tanh");
        keys.refuse(false, "use_bidirectional_attention");
        keys.refuse(false, "attention_bias");
        Rope far = Ropes.of(t, 1_000_000, Order.HALVES, "full_attention", true);
        Rope near = new Rope(far.dimensions(), near(keys));
        return t.blueprint("gemma3", i -> {
            Span span = t.windows(i, layer -> layer % 6 != 5, 0);
            int headSize = t.heads(i).size();
            return new Layer(
                    new Norms(t.norm(i, "attn_norm", "input_layernorm"),
                            t.norm(i, "post_attention_norm", "post_attention_layernorm")),
                    t.attention(i, span.window() == 0 ? far : near)
                            .withNorms(t.norm(i, "attn_q_norm", "self_attn.q_norm", headSize),
                                    t.norm(i, "attn_k_norm", "self_attn.k_norm", headSize))
                            .withSpan(span).withScores(scale(t), 0, null),
                    new Norms(t.norm(i, "ffn_norm", "pre_feedforward_layernorm"),
                            t.norm(i, "post_ffw_norm", "post_feedforward_layernorm")),
                    t.dense(i, Activation.GELU));
        }, new Multipliers((float) Math.sqrt(t.hidden), 1, 1), keys.positiveOr(0, "final_logit_softcapping"));
    }

    /** The base of the layers with a window; it is not scaled. */
    private static float near(Keys keys) {
        Keys all = keys.group("rope_parameters");
        Keys parameters = all.group("sliding_attention");
        parameters.refuse("default", "rope_type");
        return all.has("sliding_attention")
                ? parameters.positive("rope_theta")
                : keys.positiveOr(10_000, "rope.freq_base_swa", "rope_local_base_freq");
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
