/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Hugging Face's SmolLM3: Llama's layers, of which every fourth knows no positions.
 */
public final class SmolLm3 implements GgufFamily {

    /** For the service loader. */
    public SmolLm3() {
    }

    @Override
    public Set<String> names() {
        return Set.of("smollm3");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.PERMUTED;
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        keys.refuse(false, "use_sliding_window");
        Rope rope = Ropes.permuted(t, t.gguf ? 10_000 : 2_000_000);
        boolean biased = t.biased("attention_bias", "attn_q");
        boolean outputBiased = t.biased("attention_bias", "attn_output");
        boolean feedForwardBiased = t.biased("mlp_bias", "ffn_gate");
        boolean[] turned = turned(t);
        return t.blueprint("smollm3",
                i -> new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                        t.attention(i, turned[i] ? rope : new Position.None(), biased, outputBiased),
                        t.norm(i, "ffn_norm", "post_attention_layernorm"),
                        t.dense(i, t.inner(i), Activation.SILU, feedForwardBiased)));
    }

    /** Which layers have a rope: {@code no_rope_layers} has a 1 for those, whatever its name says. */
    private static boolean[] turned(Transformer t) {
        boolean[] turned = new boolean[t.layers];
        int every = t.keys.integerOr(4, 1, Transformer.MAX_PARTS, "no_rope_layer_interval");
        int[] stated = t.keys.has("no_rope_layers")
                ? t.keys.integers(t.layers, 0, 1, "no_rope_layers")
                : new int[0];
        for (int i = 0; i < t.layers; i++) {
            turned[i] = stated.length > 0 ? stated[i] == 1 : (i + 1) % every != 0;
        }
        return turned;
    }
}
