/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Meta's Llama 2 and 3 (Touvron et al., 2023; Grattafiori et al., 2024) and what is built alike, such as SmolLM2; and Mistral
 * 7B (Jiang et al., 2023), whose layers may see a window. GGUF calls both {@code llama} and stores the rows of queries and keys
 * so that neighbouring values turn together; the scaling of Llama 3.1 is there as divisors.
 */
public final class Llama implements GgufFamily {

    /** For the service loader. */
    public Llama() {
    }

    @Override
    public Set<String> names() {
        return Set.of("llama", "mistral");
    }

    @Override
    public GgufLayout layout() {
        return GgufLayout.PERMUTED;
    }

    @Override
    public Blueprint read(Keys keys, Weights weights) {
        Transformer t = new Transformer(keys, weights);
        t.activation("silu");
        keys.refuse(0L, "expert_count");
        Rope rope = Ropes.permuted(t, 10_000);
        boolean windowed = t.gguf || keys.architecture().equals("mistral");
        boolean biased = t.biased("attention_bias", "attn_q");
        boolean outputBiased = t.biased("attention_bias", "attn_output");
        boolean feedForwardBiased = t.biased("mlp_bias", "ffn_gate");
        return t.blueprint("llama",
                i -> new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                        t.attention(i, rope, biased, outputBiased).withSpan(t.span(i, layer -> windowed)),
                        t.norm(i, "ffn_norm", "post_attention_layernorm"),
                        t.dense(i, t.inner(i), Activation.SILU, feedForwardBiased)));
    }
}
