/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.formats.architecture.Hyperparameters.FeedForward;
import dev.millrace.formats.architecture.Hyperparameters.Mixer;
import dev.millrace.spi.model.Blueprint.Gating;
import java.util.ArrayList;
import java.util.List;

/**
 * Liquid AI's LFM2 and LFM2.5: gated short convolutions and grouped-query attention, dense or with a mixture of experts. Keys
 * and tensors as transformers ({@code lfm2}, {@code lfm2_moe}) and llama.cpp ({@code lfm2}, {@code lfm2moe}) know them.
 */
final class Lfm2 {

    private static final TensorNames GGUF = new TensorNames("token_embd.weight",
            List.of("token_embd_norm.weight", "output_norm.weight"), "output.weight", "blk.{layer}.attn_norm.weight",
            "blk.{layer}.ffn_norm.weight",
            new TensorNames.Attention("blk.{layer}.attn_q.weight", "blk.{layer}.attn_k.weight",
                    "blk.{layer}.attn_v.weight", "blk.{layer}.attn_output.weight", "blk.{layer}.attn_q_norm.weight",
                    "blk.{layer}.attn_k_norm.weight"),
            new TensorNames.Convolution("blk.{layer}.shortconv.in_proj.weight", "blk.{layer}.shortconv.conv.weight",
                    "blk.{layer}.shortconv.out_proj.weight"),
            new TensorNames.Gated("blk.{layer}.ffn_gate.weight", "blk.{layer}.ffn_up.weight",
                    "blk.{layer}.ffn_down.weight"),
            "blk.{layer}.ffn_gate_inp.weight", "blk.{layer}.exp_probs_b.bias",
            List.of(new TensorNames.Experts.Stacked(new TensorNames.Gated("blk.{layer}.ffn_gate_exps.weight",
                    "blk.{layer}.ffn_up_exps.weight", "blk.{layer}.ffn_down_exps.weight"))));

    private static final TensorNames HUGGING_FACE = new TensorNames("model.embed_tokens.weight",
            List.of("model.embedding_norm.weight"), "lm_head.weight", "model.layers.{layer}.operator_norm.weight",
            "model.layers.{layer}.ffn_norm.weight",
            new TensorNames.Attention("model.layers.{layer}.self_attn.q_proj.weight",
                    "model.layers.{layer}.self_attn.k_proj.weight", "model.layers.{layer}.self_attn.v_proj.weight",
                    "model.layers.{layer}.self_attn.out_proj.weight",
                    "model.layers.{layer}.self_attn.q_layernorm.weight",
                    "model.layers.{layer}.self_attn.k_layernorm.weight"),
            new TensorNames.Convolution("model.layers.{layer}.conv.in_proj.weight",
                    "model.layers.{layer}.conv.conv.weight", "model.layers.{layer}.conv.out_proj.weight"),
            new TensorNames.Gated("model.layers.{layer}.feed_forward.w1.weight",
                    "model.layers.{layer}.feed_forward.w3.weight", "model.layers.{layer}.feed_forward.w2.weight"),
            "model.layers.{layer}.feed_forward.gate.weight", "model.layers.{layer}.feed_forward.expert_bias",
            List.of(new TensorNames.Experts.Single(
                    new TensorNames.Gated("model.layers.{layer}.feed_forward.experts.{expert}.w1.weight",
                            "model.layers.{layer}.feed_forward.experts.{expert}.w3.weight",
                            "model.layers.{layer}.feed_forward.experts.{expert}.w2.weight")),
                    new TensorNames.Experts.StackedTogether("model.layers.{layer}.feed_forward.experts.gate_up_proj",
                            "model.layers.{layer}.feed_forward.experts.down_proj")));

    static final Architecture DENSE = new Architecture("lfm2", "lfm2", GGUF, HUGGING_FACE,
            (s, w) -> gguf("lfm2", false, s, w), (s, w) -> config("lfm2", false, s, w));
    static final Architecture MOE = new Architecture("lfm2moe", "lfm2_moe", GGUF, HUGGING_FACE,
            (s, w) -> gguf("lfm2moe", true, s, w), (s, w) -> config("lfm2moe", true, s, w));

    private static final int MAX_SIZE = Hyperparameters.MAX_SIZE;
    private static final int MAX_PARTS = Hyperparameters.MAX_PARTS;

    private Lfm2() {
    }

    private static Hyperparameters gguf(String name, boolean moe, Settings s, WeightTable weights) {
        int layerCount = s.integer(1, MAX_PARTS, "block_count");
        int hidden = s.integer(1, MAX_SIZE, "embedding_length");
        int[] heads = s.integers(layerCount, 0, MAX_SIZE, "attention.head_count");
        int[] kvHeads = s.integers(layerCount, 0, MAX_SIZE, "attention.head_count_kv");
        int[] inner = s.integers(layerCount, 1, MAX_SIZE, "feed_forward_length");
        float theta = s.positive("rope.freq_base");
        int keyLength = s.integerOr(0, 1, MAX_SIZE, "attention.key_length");
        s.refuse("none", "rope.scaling.type");
        s.refuse(1L, "rope.scaling.factor");
        s.refuse(1L, "rope.scale_linear");
        s.refuse(true, "attention.causal");
        s.refuse(0L, "attention.sliding_window");
        s.refuse(0L, "expert_shared_count");
        s.refuse(1L, "expert_group_count");
        s.refuse(0L, "dense_2_feat_out");
        FeedForward experts = moe ? ggufExperts(s, weights) : null;
        int denseLayers = moe ? s.integer(0, layerCount, "leading_dense_block_count") : layerCount;
        List<Hyperparameters.Layer> layers = new ArrayList<>();
        for (int i = 0; i < layerCount; i++) {
            Mixer mixer = new Hyperparameters.ShortConv(1);
            if (kvHeads[i] == 0) {
                mixer = new Hyperparameters.ShortConv(s.integer(1, MAX_PARTS, "shortconv.l_cache"));
            } else {
                mixer = attention(s, "attention.head_count", hidden, heads[i], kvHeads[i], keyLength, theta);
                int headSize = ((Hyperparameters.Attention) mixer).headSize();
                s.refuse((long) headSize, "attention.value_length");
                s.refuse((long) headSize, "rope.dimension_count");
            }
            layers.add(new Hyperparameters.Layer(mixer,
                    experts != null && i >= denseLayers ? experts : new Hyperparameters.Dense(inner[i])));
        }
        int vocabulary = s.integerOr(sizeOf(weights, GGUF.embedding()), 1, MAX_SIZE, "vocab_size");
        return new Hyperparameters(name, vocabulary, hidden,
                s.integer(1, Hyperparameters.MAX_CONTEXT, "context_length"),
                s.positive("attention.layer_norm_rms_epsilon"), layers, !weights.has(GGUF.head()));
    }

    private static FeedForward ggufExperts(Settings s, WeightTable weights) {
        int count = s.integer(1, MAX_PARTS, "expert_count");
        Gating gating = s.integer(1, 2, "expert_gating_func") == 1 ? Gating.SOFTMAX : Gating.SIGMOID;
        int dense = s.integer(0, MAX_PARTS, "leading_dense_block_count");
        return new Hyperparameters.Experts(count, s.integer(1, count, "expert_used_count"),
                s.integer(1, MAX_SIZE, "expert_feed_forward_length"), gating,
                weights.has(TensorNames.at(GGUF.bias(), dense)), s.flagOr(true, "expert_weights_norm"),
                s.positiveOr(1, "expert_weights_scale"));
    }

    private static Hyperparameters config(String name, boolean moe, Settings s, WeightTable weights) {
        int layerCount = s.integer(1, MAX_PARTS, "num_hidden_layers");
        int hidden = s.integer(1, MAX_SIZE, "hidden_size", "block_dim");
        int heads = s.integer(1, MAX_SIZE, "num_attention_heads", "num_heads");
        int kvHeads = s.integer(1, MAX_SIZE, "num_key_value_heads");
        Settings rope = s.group("rope_parameters");
        float theta = rope.has("rope_theta") ? rope.positive("rope_theta") : s.positive("rope_theta", "theta");
        rope.refuse("default", "rope_type", "type");
        rope.refuse(1L, "partial_rotary_factor");
        s.refuse(1L, "partial_rotary_factor");
        s.group("rope_scaling").refuse("default", "rope_type", "type");
        s.refuse(false, "conv_bias");
        s.refuse(false, "attention_bias");
        s.refuse("silu", "hidden_act");
        s.refuse(true, "block_use_swiglu");
        s.refuse((long) hidden, "conv_dim");
        s.refuse((long) hidden, "conv_dim_out");
        s.refuse("none", "quantization_config");
        s.refuse("none", "sliding_window");
        int width = s.integer(1, MAX_PARTS, "conv_L_cache");
        boolean[] attends = attentionLayers(s, layerCount);
        int inner = moe ? s.integer(1, MAX_SIZE, "intermediate_size") : innerSize(s);
        int denseLayers = moe ? s.integer(0, layerCount, "num_dense_layers") : layerCount;
        FeedForward experts = moe ? configExperts(s) : null;
        Mixer attention = attention(s, "num_attention_heads", hidden, heads, kvHeads,
                s.integerOr(0, 1, MAX_SIZE, "head_dim"), theta);
        List<Hyperparameters.Layer> layers = new ArrayList<>();
        for (int i = 0; i < layerCount; i++) {
            layers.add(new Hyperparameters.Layer(attends[i] ? attention : new Hyperparameters.ShortConv(width),
                    experts != null && i >= denseLayers ? experts : new Hyperparameters.Dense(inner)));
        }
        return new Hyperparameters(name, s.integer(1, MAX_SIZE, "vocab_size"), hidden,
                s.integer(1, Hyperparameters.MAX_CONTEXT, "max_position_embeddings"),
                s.positive("norm_eps", "block_norm_eps"), layers,
                s.flagOr(!weights.has(HUGGING_FACE.head()), "tie_word_embeddings", "tie_embedding"));
    }

    private static FeedForward configExperts(Settings s) {
        int count = s.integer(1, MAX_PARTS, "num_experts");
        return new Hyperparameters.Experts(count, s.integer(1, count, "num_experts_per_tok"),
                s.integer(1, MAX_SIZE, "moe_intermediate_size"), Gating.SIGMOID, s.flagOr(true, "use_expert_bias"),
                s.flagOr(true, "norm_topk_prob"), s.positiveOr(1, "routed_scaling_factor"));
    }

    private static boolean[] attentionLayers(Settings s, int layerCount) {
        boolean[] attends = new boolean[layerCount];
        if (s.has("layer_types")) {
            List<?> types = s.list("layer_types");
            if (types.size() != layerCount) {
                throw s.wrong("layer_types", "has " + types.size() + " values, expected one for each of " + layerCount
                        + " layers");
            }
            for (int i = 0; i < layerCount; i++) {
                attends[i] = "full_attention".equals(types.get(i));
                if (!attends[i] && !"conv".equals(types.get(i))) {
                    throw s.wrong("layer_types", "has another value than conv and full_attention for layer " + i);
                }
            }
            return attends;
        }
        if (!s.has("full_attn_idxs")) {
            throw s.wrong("layer_types or full_attn_idxs", "is missing");
        }
        for (Object index : s.list("full_attn_idxs")) {
            if (!(index instanceof Long i) || i < 0 || i >= layerCount) {
                throw s.wrong("full_attn_idxs", "names a layer that is not between 0 and " + (layerCount - 1));
            }
            attends[i.intValue()] = true;
        }
        return attends;
    }

    /** The width of the dense feed-forward: older files state a width that is still to be adjusted, as the model does. */
    private static int innerSize(Settings s) {
        int stated = s.integer(1, MAX_SIZE, "block_ff_dim", "intermediate_size");
        if (!s.flagOr(true, "block_auto_adjust_ff_dim")) {
            return stated;
        }
        int twoThirds = 2 * stated / 3;
        double adjusted = Math.floor(s.numberOr(1, 0, MAX_SIZE, "block_ffn_dim_multiplier") * twoThirds);
        int multiple = s.integerOr(256, 1, MAX_SIZE, "block_multiple_of");
        if (!(adjusted >= 1 && adjusted <= MAX_SIZE)) {
            throw s.wrong("block_ffn_dim_multiplier", "makes the feed-forward " + adjusted + " wide");
        }
        return Math.ceilDiv((int) adjusted, multiple) * multiple;
    }

    private static Mixer attention(Settings s, String key, int hidden, int heads, int kvHeads, int statedHeadSize,
            float theta) {
        if (heads < 1 || heads % kvHeads != 0) {
            throw s.wrong(key, "is " + heads + ", expected a multiple of the " + kvHeads + " key-value heads");
        }
        if (statedHeadSize == 0 && hidden % heads != 0) {
            throw s.wrong(key, "is " + heads + ", expected a divisor of the hidden size " + hidden);
        }
        int headSize = statedHeadSize == 0 ? hidden / heads : statedHeadSize;
        if (headSize % 2 != 0 || (long) heads * headSize > MAX_SIZE) {
            throw s.wrong(key, "is " + heads + " with heads of " + headSize
                    + " values, expected an even size and at most " + MAX_SIZE + " values in all");
        }
        return new Hyperparameters.Attention(heads, kvHeads, headSize, theta);
    }

    private static int sizeOf(WeightTable weights, String name) {
        return (int) Math.min(Integer.MAX_VALUE, weights.rows(name));
    }
}
