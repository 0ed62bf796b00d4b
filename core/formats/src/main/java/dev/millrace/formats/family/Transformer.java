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
import dev.millrace.spi.model.Blueprint.Multipliers;
import dev.millrace.spi.model.Blueprint.Norm;
import dev.millrace.spi.model.Blueprint.Span;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Sizes and parts that most families write alike, under the names of llama.cpp and of transformers. A family reads its table from
 * here and adds what is special to it. Names of tensors are given in both forms, without number of the layer and ending.
 */
final class Transformer {

    /** More than any model has: larger numbers are taken for damage. */
    static final int MAX_SIZE = 1 << 24;
    /** More layers or experts than any model has. */
    static final int MAX_PARTS = 1 << 12;

    /** What helps where a family is built in a way that is not known: a graph says itself what to compute. */
    static final String INSTEAD = "; take the model as an ONNX folder, which the ONNX backend runs as it is";

    private static final int MAX_CONTEXT = 1 << 30;

    final Keys keys;
    final Weights weights;
    /** Whether names are GGUF's. */
    final boolean gguf;
    final int layers;
    final int hidden;
    final int context;
    final float epsilon;
    /** Whether norms count their weights from 1. */
    private final boolean onePlus;
    private final String prefix;
    private final int[] heads;
    private final int[] kvHeads;

    /** What the matrices of a gated feed-forward are called in a Hugging Face folder. */
    record Gated(String gate, String up, String down) {
        static final Gated PROJECTIONS = new Gated("gate_proj", "up_proj", "down_proj");
    }

    /** Heads of a layer. */
    record Heads(int count, int kv, int size) {
    }

    /** How many experts a layer has, how many work on a token, and the width of one. */
    record Mixture(int count, int used, int inner) {
    }

    Transformer(Keys keys, Weights weights) {
        this(keys, weights, false, "model.");
    }

    /**
     * Reads the sizes.
     *
     * @param onePlus whether the family's norms count their weights from 1 (in GGUF the 1 is added already)
     * @param prefix before the names of tensors in a Hugging Face folder
     */
    Transformer(Keys keys, Weights weights, boolean onePlus, String prefix) {
        this.keys = keys;
        this.weights = weights;
        this.gguf = keys.form() == Keys.Form.GGUF;
        this.onePlus = onePlus && !gguf;
        this.prefix = prefix;
        layers = keys.integer(1, MAX_PARTS, key("block_count", "num_hidden_layers"));
        hidden = keys.integer(1, MAX_SIZE, key("embedding_length", "hidden_size"), "block_dim");
        context = keys.integer(1, MAX_CONTEXT, key("context_length", "max_position_embeddings"));
        epsilon = keys.positive(key("attention.layer_norm_rms_epsilon", "rms_norm_eps"), "norm_eps", "block_norm_eps");
        heads = keys.integers(layers, 0, MAX_SIZE, key("attention.head_count", "num_attention_heads"), "num_heads");
        kvHeads = keys.integers(layers, 0, MAX_SIZE, key("attention.head_count_kv", "num_key_value_heads"),
                key("attention.head_count", "num_attention_heads"), "num_heads");
        if (gguf) {
            keys.refuse(true, "attention.causal");
        } else {
            Quantisation.refuse(keys);
        }
    }

    /** A key in the form of the file. */
    String key(String ggufKey, String huggingFace) {
        return gguf ? ggufKey : huggingFace;
    }

    /** A tensor of a layer, without its ending. */
    String name(int layer, String ggufName, String huggingFace) {
        return gguf ? "blk." + layer + "." + ggufName : prefix + "layers." + layer + "." + huggingFace;
    }

    /** Heads of a layer, checked. */
    Heads heads(int layer) {
        String key = key("attention.head_count", "num_attention_heads");
        int count = heads[layer];
        int kv = kvHeads[layer];
        if (count < 1 || kv < 1 || count % kv != 0) {
            throw keys.wrong(key, "is " + count + ", expected a multiple of the " + kv + " key-value heads");
        }
        int stated = keys.integerOr(0, 1, MAX_SIZE, key("attention.key_length", "head_dim"));
        if (stated == 0 && hidden % count != 0) {
            throw keys.wrong(key, "is " + count + ", expected a divisor of the hidden size " + hidden);
        }
        int size = stated == 0 ? hidden / count : stated;
        if (size % 2 != 0 || (long) count * size > MAX_SIZE) {
            throw keys.wrong(key, "is " + count + " with heads of " + size
                    + " values, expected an even size and at most " + MAX_SIZE + " values in all");
        }
        if (gguf) {
            keys.refuse((long) size, "attention.value_length");
        }
        return new Heads(count, kv, size);
    }

    /** How many key-value heads a layer is said to have, unchecked: hybrid families write 0 for layers without attention. */
    int kvHeads(int layer) {
        return kvHeads[layer];
    }

    /** Width of a layer's dense feed-forward. */
    int inner(int layer) {
        return keys.integers(layers, 1, MAX_SIZE, key("feed_forward_length", "intermediate_size"))[layer];
    }

    /** Whether projections have biases: as the key says, or as the tensors show where the form has no key. */
    boolean biased(String key, String ggufName) {
        return gguf ? weights.has("blk.0." + ggufName + ".bias") : keys.flagOr(false, key);
    }

    /** Refuses another activation than the family's. */
    void activation(String name) {
        only(name, "an activation", "hidden_act", "hidden_activation");
    }

    /** Refuses another function that turns a router's outputs into scores than the family's. */
    void scoring(String name) {
        only(name, "a scoring function", "scoring_func", "score_func", "moe_router_activation_func");
    }

    private void only(String name, String what, String... under) {
        for (String key : under) {
            String stated = keys.text(key).orElse(name);
            if (!stated.equals(name)) {
                throw keys.wrong(key,
                        "is " + stated + ", " + what + " that is not supported for this family, whose own is "
                                + name + INSTEAD);
            }
        }
    }

    /**
     * Which tokens a layer sees. A file that states no window has none.
     *
     * @param windowed which layers see a window where the file does not say
     */
    Span span(int layer, IntPredicate windowed) {
        String size = key("attention.sliding_window", "sliding_window");
        return span(layer, windowed, keys.integerOr(0, 0, MAX_CONTEXT, size), size);
    }

    /**
     * Which tokens a layer sees in a family that always has windows.
     *
     * @param otherwise the window where the file states none, or 0 if it has to
     */
    Span windows(int layer, IntPredicate windowed, int otherwise) {
        String size = key("attention.sliding_window", "sliding_window");
        int window = otherwise > 0 && !keys.has(size) ? otherwise : keys.integer(1, MAX_CONTEXT, size);
        return span(layer, windowed, window, size);
    }

    private Span span(int layer, IntPredicate windowed, int window, String size) {
        String key = key("attention.sliding_window_pattern", "layer_types");
        Object pattern = keys.find(key, "sliding_window_pattern", "_sliding_window_pattern");
        boolean bounded;
        if (pattern instanceof List<?> each) {
            bounded = bounded(key, each, layer);
            if (bounded && window == 0) {
                throw keys.wrong(size, "is missing or 0, but layer " + layer + " has a window by " + key);
            }
        } else if (pattern != null) {
            int every = keys.integer(1, MAX_PARTS, key, "sliding_window_pattern", "_sliding_window_pattern");
            bounded = layer % every != every - 1;
        } else {
            bounded = windowed.test(layer);
        }
        return bounded ? new Span(window) : Span.ALL;
    }

    private boolean bounded(String key, List<?> each, int layer) {
        if (each.size() != layers) {
            throw keys.wrong(key, "has " + each.size() + " values, expected one for each of " + layers + " layers");
        }
        Object type = each.get(layer);
        if (type instanceof Boolean flag) {
            return flag;
        }
        if (!"full_attention".equals(type) && !"sliding_attention".equals(type)) {
            throw keys.wrong(key, "has " + type + " for layer " + layer
                    + ", which is not supported; known are full_attention and sliding_attention");
        }
        return "sliding_attention".equals(type);
    }

    /** A linear map, its bias under the same name. */
    Linear linear(String name, long rows, long columns, boolean biased) {
        return new Linear(weights.take(name + ".weight", rows, columns),
                biased ? weights.takeFloats(name + ".bias", rows) : null);
    }

    /** A norm of a layer, over the stream. */
    Norm norm(int layer, String ggufName, String huggingFace) {
        return norm(layer, ggufName, huggingFace, hidden);
    }

    /** A norm of a layer, over so many values. */
    Norm norm(int layer, String ggufName, String huggingFace, long size) {
        return norm(name(layer, ggufName, huggingFace), size);
    }

    private Norm norm(String name, long size) {
        return new Norm(weights.takeFloats(name + ".weight", size), epsilon, onePlus);
    }

    /** Attention without biases. */
    Attention attention(int layer, Position position) {
        return attention(layer, position, false, false);
    }

    /** Attention over everything: query, key and value with biases or without, and the output. */
    Attention attention(int layer, Position position, boolean biased, boolean outputBiased) {
        Heads h = heads(layer);
        long queries = (long) h.count * h.size;
        long kv = (long) h.kv * h.size;
        return plain(h, position, linear(name(layer, "attn_q", "self_attn.q_proj"), queries, hidden, biased),
                linear(name(layer, "attn_k", "self_attn.k_proj"), kv, hidden, biased),
                linear(name(layer, "attn_v", "self_attn.v_proj"), kv, hidden, biased),
                linear(name(layer, "attn_output", "self_attn.o_proj"), hidden, queries, outputBiased));
    }

    /** Attention over everything with a scale of {@code 1 / sqrt(size)}. */
    static Attention plain(Heads h, Position position, Linear query, Linear key, Linear value, Linear output) {
        return new Attention(h.count, h.kv, h.size, query, key, value, output, null, null, position, Span.ALL,
                (float) (1 / Math.sqrt(h.size)), 0, null);
    }

    /** A gated feed-forward without biases. */
    Dense dense(int layer, Activation activation) {
        return dense(layer, inner(layer), activation, false);
    }

    Dense dense(int layer, int inner, Activation activation, boolean biased) {
        return dense(inner, activation, biased, name(layer, "ffn_gate", "mlp.gate_proj"),
                name(layer, "ffn_up", "mlp.up_proj"), name(layer, "ffn_down", "mlp.down_proj"));
    }

    Dense dense(int inner, Activation activation, boolean biased, String gate, String up, String down) {
        return new Dense(linear(gate, inner, hidden, biased), linear(up, inner, hidden, biased),
                linear(down, hidden, inner, biased), activation);
    }

    /** The router of a layer, F32. */
    Linear router(int layer, int count, String huggingFace, boolean biased) {
        String name = name(layer, "ffn_gate_inp", huggingFace);
        return new Linear(weights.takeFloats(name + ".weight", count, hidden),
                biased ? weights.takeFloats(name + ".bias", count) : null);
    }

    /**
     * Sizes of a mixture of experts.
     *
     * @param inner key of an expert's width in config.json
     */
    Mixture mixture(String inner) {
        int count = gguf
                ? keys.integer(1, MAX_PARTS, "expert_count")
                : keys.integer(1, MAX_PARTS, "num_experts", "num_local_experts");
        return new Mixture(count, keys.integer(1, count, key("expert_used_count", "num_experts_per_tok")),
                keys.integer(1, MAX_SIZE, key("expert_feed_forward_length", inner)));
    }

    /**
     * The experts of a layer: in GGUF all in one tensor per matrix; in a Hugging Face folder each by itself, or all in one tensor
     * for gate and up (in each expert the gate's rows first) and one for down; in MLX's folders all in one tensor per matrix.
     *
     * @param group before the experts' names in a Hugging Face folder
     * @param single names of one expert's matrices there
     */
    List<Dense> experts(int layer, Mixture m, Activation activation, String group, Gated single) {
        List<Dense> experts = new ArrayList<>();
        String fused = name(layer, "ffn_gate_up_exps", group + ".gate_up_proj");
        String switched = name(layer, "", group.replace("experts", "switch_mlp") + ".");
        boolean mlx = !gguf && weights.has(switched + "gate_proj.weight");
        if (gguf || mlx) {
            Tensor gate = stack(mlx ? switched + "gate_proj" : name(layer, "ffn_gate_exps", ""), m.count, m.inner,
                    hidden);
            Tensor up = stack(mlx ? switched + "up_proj" : name(layer, "ffn_up_exps", ""), m.count, m.inner, hidden);
            Tensor down = stack(mlx ? switched + "down_proj" : name(layer, "ffn_down_exps", ""), m.count, hidden,
                    m.inner);
            for (int x = 0; x < m.count; x++) {
                experts.add(gated(gate.slice((long) x * m.inner, m.inner), up.slice((long) x * m.inner, m.inner),
                        down.slice((long) x * hidden, hidden), activation));
            }
        } else if (weights.has(fused)) {
            Tensor gateUp = weights.take(fused, m.count, 2L * m.inner, hidden);
            Tensor down = weights.take(name(layer, "", group + ".down_proj"), m.count, hidden, m.inner);
            for (int x = 0; x < m.count; x++) {
                experts.add(gated(gateUp.slice(2L * x * m.inner, m.inner),
                        gateUp.slice((2L * x + 1) * m.inner, m.inner), down.slice((long) x * hidden, hidden),
                        activation));
            }
        } else {
            for (int x = 0; x < m.count; x++) {
                String one = name(layer, "", group + "." + x + ".");
                experts.add(dense(m.inner, activation, false, one + single.gate, one + single.up, one + single.down));
            }
        }
        return experts;
    }

    private static Dense gated(Tensor gate, Tensor up, Tensor down, Activation activation) {
        return new Dense(new Linear(gate), new Linear(up), new Linear(down), activation);
    }

    private Tensor stack(String name, long count, long rows, long columns) {
        return weights.take(name + ".weight", count, rows, columns);
    }

    /** The whole model, plain at its ends. */
    Blueprint blueprint(String architecture, IntFunction<Layer> layer) {
        return blueprint(architecture, layer, Multipliers.NONE, 0);
    }

    /** The whole model. */
    Blueprint blueprint(String architecture, IntFunction<Layer> layer, Multipliers multipliers, float softcap) {
        return blueprint(architecture, layer, multipliers, softcap, gguf ? "output_norm" : prefix + "norm");
    }

    /** The whole model, with another name of the last norm. */
    Blueprint blueprint(String architecture, IntFunction<Layer> layer, Multipliers multipliers, float softcap,
            String outputNorm) {
        String embeddingName = gguf ? "token_embd.weight" : prefix + "embed_tokens.weight";
        String headName = key("output.weight", "lm_head.weight");
        int vocabulary = gguf
                ? keys.integerOr((int) Math.min(MAX_SIZE, weights.rows(embeddingName)), 1, MAX_SIZE, "vocab_size")
                : keys.integer(1, MAX_SIZE, "vocab_size");
        Tensor embedding = weights.take(embeddingName, vocabulary, hidden);
        boolean tied = gguf
                ? !weights.has(headName)
                : keys.flagOr(!weights.has(headName), "tie_word_embeddings", "tie_embedding");
        List<Layer> all = IntStream.range(0, layers).mapToObj(layer).toList();
        return new Blueprint(architecture, vocabulary, hidden, context, embedding, all, norm(outputNorm, hidden),
                tied ? embedding : weights.take(headName, vocabulary, hidden), multipliers, softcap);
    }
}
