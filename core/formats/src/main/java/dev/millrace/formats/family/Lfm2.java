/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.formats.family.Transformer.Heads;
import dev.millrace.formats.family.Transformer.Mixture;
import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.FeedForward;
import dev.millrace.spi.model.Blueprint.Gating;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Mixer;
import dev.millrace.spi.model.Blueprint.Multipliers;
import dev.millrace.spi.model.Blueprint.ShortConv;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Order;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Position.Scaling;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Liquid AI's LFM2 and LFM2.5: gated short convolutions and grouped-query attention, dense or with a mixture of experts whose
 * router has a sigmoid. Older config.json files have other keys ({@code block_*}).
 */
public final class Lfm2 implements GgufFamily {

    private static final int MAX_SIZE = Transformer.MAX_SIZE;
    private static final Transformer.Gated SINGLE = new Transformer.Gated("w1", "w3", "w2");

    /** For the service loader. */
    public Lfm2() {
    }

    @Override
    public Set<String> names() {
        return Set.of("lfm2", "lfm2moe", "lfm2_moe");
    }

    @Override
    public GgufLayout layout() {
        return new GgufLayout(Order.HALVES, "token_embd_norm", "ffn_norm", false, true);
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        boolean moe = !keys.architecture().equals("lfm2");
        refuseOthers(t);
        boolean[] attends = attends(t);
        Rope rope = Ropes.of(t, 0);
        if (!(rope.scaling() instanceof Scaling.None) || rope.dimensions() != headSize(t, attends, rope)) {
            throw keys.wrong(t.key("rope.scaling.type", "rope_parameters"),
                    "scales the rope or turns a part of a head, "
                            + "which is not supported for this family");
        }
        int dense = moe
                ? keys.integer(0, t.layers, t.key("leading_dense_block_count", "num_dense_layers"))
                : t.layers;
        int inner = t.gguf || moe ? 0 : innerSize(keys);
        boolean usual = weights.has("output_norm.weight") && !weights.has("token_embd_norm.weight");
        String last = usual ? "output_norm" : "token_embd_norm";
        return t.blueprint(moe ? "lfm2moe" : "lfm2",
                i -> new Layer(t.norm(i, "attn_norm", "operator_norm"),
                        attends[i] ? attention(t, i, rope) : convolution(t, i), t.norm(i, "ffn_norm", "ffn_norm"),
                        i < dense ? dense(t, i, inner > 0 ? inner : t.inner(i)) : experts(t, i)),
                Multipliers.NONE, 0, t.gguf ? last : "model.embedding_norm");
    }

    private static void refuseOthers(Transformer t) {
        Keys keys = t.keys;
        if (t.gguf) {
            keys.refuse(0L, "attention.sliding_window");
            keys.refuse(0L, "expert_shared_count");
            keys.refuse(1L, "expert_group_count");
            keys.refuse(0L, "dense_2_feat_out");
        } else {
            t.activation("silu");
            t.scoring("sigmoid");
            keys.refuse(false, "conv_bias");
            keys.refuse(false, "attention_bias");
            keys.refuse(true, "block_use_swiglu");
            keys.refuse((long) t.hidden, "conv_dim");
            keys.refuse((long) t.hidden, "conv_dim_out");
            keys.refuse("none", "sliding_window");
        }
    }

    private static int headSize(Transformer t, boolean[] attends, Rope rope) {
        for (int i = 0; i < attends.length; i++) {
            if (attends[i]) {
                return t.heads(i).size();
            }
        }
        return rope.dimensions();
    }

    /** Which layers are attention; the others are convolutions. */
    private static boolean[] attends(Transformer t) {
        boolean[] attends = new boolean[t.layers];
        if (t.gguf) {
            for (int i = 0; i < attends.length; i++) {
                attends[i] = t.kvHeads(i) > 0;
            }
        } else if (t.keys.has("layer_types")) {
            List<?> types = t.keys.list("layer_types");
            if (types.size() != t.layers) {
                throw t.keys.wrong("layer_types",
                        "has " + types.size() + " values, expected one for each of " + t.layers
                                + " layers");
            }
            for (int i = 0; i < attends.length; i++) {
                attends[i] = "full_attention".equals(types.get(i));
                if (!attends[i] && !"conv".equals(types.get(i))) {
                    throw t.keys.wrong("layer_types",
                            "has another value than conv and full_attention for layer " + i);
                }
            }
        } else {
            if (!t.keys.has("full_attn_idxs")) {
                throw t.keys.wrong("layer_types or full_attn_idxs", "is missing");
            }
            for (Object index : t.keys.list("full_attn_idxs")) {
                if (!(index instanceof Long i) || i < 0 || i >= t.layers) {
                    throw t.keys.wrong("full_attn_idxs",
                            "names a layer that is not between 0 and " + (t.layers - 1));
                }
                attends[i.intValue()] = true;
            }
        }
        return attends;
    }

    private static Mixer attention(Transformer t, int layer, Rope rope) {
        Heads h = t.heads(layer);
        long queries = (long) h.count() * h.size();
        long kv = (long) h.kv() * h.size();
        Attention plain = Transformer.plain(h, rope,
                t.linear(t.name(layer, "attn_q", "self_attn.q_proj"), queries, t.hidden, false),
                t.linear(t.name(layer, "attn_k", "self_attn.k_proj"), kv, t.hidden, false),
                t.linear(t.name(layer, "attn_v", "self_attn.v_proj"), kv, t.hidden, false),
                t.linear(t.name(layer, "attn_output", "self_attn.out_proj"), t.hidden, queries, false));
        return plain.withNorms(t.norm(layer, "attn_q_norm", "self_attn.q_layernorm", h.size()),
                t.norm(layer, "attn_k_norm", "self_attn.k_layernorm", h.size()));
    }

    private static Mixer convolution(Transformer t, int layer) {
        int width = t.keys.integer(1, Transformer.MAX_PARTS, t.key("shortconv.l_cache", "conv_L_cache"));
        return new ShortConv(width,
                t.weights.take(t.name(layer, "shortconv.in_proj.weight", "conv.in_proj.weight"), 3L * t.hidden,
                        t.hidden),
                t.weights.takeFloats(t.name(layer, "shortconv.conv.weight", "conv.conv.weight"), t.hidden, width),
                t.weights.take(t.name(layer, "shortconv.out_proj.weight", "conv.out_proj.weight"), t.hidden, t.hidden));
    }

    private static Dense dense(Transformer t, int layer, int inner) {
        String mlx = t.name(layer, "", "feed_forward.");
        if (!t.gguf && t.weights.has(mlx + "gate_proj.weight")) {
            return t.dense(inner, Activation.SILU, false, mlx + "gate_proj", mlx + "up_proj", mlx + "down_proj");
        }
        return t.dense(inner, Activation.SILU, false, t.name(layer, "ffn_gate", "feed_forward.w1"),
                t.name(layer, "ffn_up", "feed_forward.w3"), t.name(layer, "ffn_down", "feed_forward.w2"));
    }

    private static FeedForward experts(Transformer t, int layer) {
        Mixture m = t.mixture("moe_intermediate_size");
        return new Experts(t.router(layer, m.count(), "feed_forward.gate", false), bias(t, layer, m.count()),
                gating(t), m.used(), t.keys.flagOr(true, t.key("expert_weights_norm", "norm_topk_prob")),
                t.keys.positiveOr(1, t.key("expert_weights_scale", "routed_scaling_factor")),
                t.experts(layer, m, Activation.SILU, "feed_forward.experts", SINGLE), null);
    }

    private static Gating gating(Transformer t) {
        if (!t.gguf) {
            return Gating.SIGMOID;
        }
        return t.keys.integer(1, 2, "expert_gating_func") == 1 ? Gating.SOFTMAX : Gating.SIGMOID;
    }

    private static @Nullable Tensor bias(Transformer t, int layer, int count) {
        String name = t.name(layer, "exp_probs_b.bias", "feed_forward.expert_bias");
        boolean biased = t.gguf ? t.weights.has(name) : t.keys.flagOr(true, "use_expert_bias");
        return biased ? t.weights.takeFloats(name, count) : null;
    }

    /** The width of the dense feed-forward: older files state a width that is still to be adjusted, as the model does. */
    private static int innerSize(Keys keys) {
        int stated = keys.integer(1, MAX_SIZE, "block_ff_dim", "intermediate_size");
        if (!keys.flagOr(true, "block_auto_adjust_ff_dim")) {
            return stated;
        }
        int twoThirds = 2 * stated / 3;
        double adjusted = Math.floor(keys.numberOr(1, 0, MAX_SIZE, "block_ffn_dim_multiplier") * twoThirds);
        int multiple = keys.integerOr(256, 1, MAX_SIZE, "block_multiple_of");
        if (!(adjusted >= 1 && adjusted <= MAX_SIZE)) {
            throw keys.wrong("block_ffn_dim_multiplier", "makes the feed-forward " + adjusted + " wide");
        }
        return Math.ceilDiv((int) adjusted, multiple) * multiple;
    }
}
