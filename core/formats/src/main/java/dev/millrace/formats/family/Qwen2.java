/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Span;
import dev.millrace.spi.model.Keys;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Weights;
import java.util.Set;

/**
 * Alibaba's Qwen 2 and 2.5 (Yang et al., 2024): biases of queries, keys and values.
 */
public final class Qwen2 implements GgufFamily {

    /** For the service loader. */
    public Qwen2() {
    }

    @Override
    public Set<String> names() {
        return Set.of("qwen2");
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
        boolean windowed = t.gguf || keys.flagOr(false, "use_sliding_window");
        int full = keys.integerOr(t.gguf ? 0 : 28, 0, Transformer.MAX_PARTS, "max_window_layers");
        boolean biased = !t.gguf || t.biased("", "attn_q");
        return t.blueprint("qwen2",
                i -> new Layer(t.norm(i, "attn_norm", "input_layernorm"),
                        t.attention(i, rope, biased, false)
                                .withSpan(windowed ? t.span(i, layer -> layer >= full) : Span.ALL),
                        t.norm(i, "ffn_norm", "post_attention_layernorm"), t.dense(i, Activation.SILU)));
    }
}
