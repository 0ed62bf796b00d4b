/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.formats.family.GgufLayout;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Position.Rope;
import dev.millrace.spi.model.Position.Scaling;
import java.util.List;
import java.util.Optional;

/** The keys {@code <architecture>.*} of a blueprint. */
record GgufHyperparameters(Blueprint blueprint, GgufLayout layout, GgufMetadata out) {

    void write(String a) {
        List<Blueprint.Layer> layers = blueprint.layers();
        out.number(a + "block_count", layers.size()).number(a + "context_length", blueprint.contextLength());
        out.number(a + "embedding_length", blueprint.hiddenSize());
        out.number(a + "feed_forward_length", innerSize(layers.getFirst().feedForward()));
        attention(a);
        out.real(a + "attention.layer_norm_rms_epsilon", blueprint.outputNorm().epsilon());
        rope(a);
        out.number(a + "vocab_size", blueprint.vocabularySize());
        layers.stream().map(Blueprint.Layer::mixer).filter(Blueprint.ShortConv.class::isInstance)
                .map(Blueprint.ShortConv.class::cast).findFirst()
                .ifPresent(conv -> out.number(a + "shortconv.l_cache", conv.width()));
        experts(a);
        Blueprint.Multipliers m = blueprint.multipliers();
        if (layout.factors()) {
            factor(a + "embedding_scale", m.embedding());
            factor(a + "residual_scale", m.residual());
            factor(a + "logit_scale", 1 / m.logits());
        }
        if (blueprint.softcap() != 0) {
            out.real(a + "final_logit_softcapping", blueprint.softcap());
        }
    }

    private void factor(String key, float value) {
        if (value != 1) {
            out.real(key, value);
        }
    }

    private List<Blueprint.Attention> attentions() {
        return blueprint.layers().stream().map(Blueprint.Layer::mixer).filter(Blueprint.Attention.class::isInstance)
                .map(Blueprint.Attention.class::cast).toList();
    }

    private void attention(String a) {
        List<Blueprint.Layer> layers = blueprint.layers();
        int[] kvHeads = new int[layers.size()];
        for (int i = 0; i < kvHeads.length; i++) {
            kvHeads[i] = layers.get(i).mixer() instanceof Blueprint.Attention at ? at.kvHeads() : 0;
        }
        List<Blueprint.Attention> all = attentions();
        out.number(a + "attention.head_count", all.isEmpty() ? 1 : all.getFirst().heads());
        if (all.size() < kvHeads.length) {
            out.numbers(a + "attention.head_count_kv", kvHeads);
        } else {
            out.number(a + "attention.head_count_kv", kvHeads[0]);
        }
        if (all.isEmpty()) {
            return;
        }
        Blueprint.Attention first = all.getFirst();
        if (first.heads() * first.headSize() != blueprint.hiddenSize()) {
            out.number(a + "attention.key_length", first.headSize());
            out.number(a + "attention.value_length", first.headSize());
        }
        int window = all.stream().mapToInt(at -> at.span().window()).max().orElse(0);
        if (window > 0) {
            out.number(a + "attention.sliding_window", window);
        }
        if (first.scale() != (float) (1 / Math.sqrt(first.headSize()))) {
            out.real(a + "attention.scale", first.scale());
        }
        if (first.softcap() != 0) {
            out.real(a + "attn_logit_softcapping", first.softcap());
        }
    }

    /** The rope of layers that see everything, if there are such, and the base of those with a window if it differs. */
    private void rope(String a) {
        Optional<Rope> far = rope(true);
        Optional<Rope> near = rope(false);
        Rope rope = far.or(() -> near).orElse(new Rope(2, 1e6f));
        out.real(a + "rope.freq_base", rope.base());
        near.filter(n -> n.base() != rope.base()).ifPresent(n -> out.real(a + "rope.freq_base_swa", n.base()));
        attentions().stream().findFirst().filter(at -> at.headSize() != rope.dimensions())
                .ifPresent(at -> out.number(a + "rope.dimension_count", rope.dimensions()));
        String s = a + "rope.scaling.";
        switch (rope.scaling()) {
            // the last two stand in a tensor
            case Scaling.None none -> {
            }
            case Scaling.Divisors divisors -> {
            }
            case Scaling.Llama3 llama3 -> {
            }
            case Scaling.Linear linear -> out.text(s + "type", "linear").real(s + "factor", linear.factor());
            case Scaling.Yarn yarn -> {
                out.text(s + "type", "yarn").real(s + "factor", yarn.factor());
                out.number(s + "original_context_length", yarn.originalContext());
                out.real(s + "yarn_beta_fast", yarn.fast()).real(s + "yarn_beta_slow", yarn.slow());
                factor(s + "attn_factor", yarn.attention() / Scaling.Yarn.attention(yarn.factor()));
            }
            case Scaling.LongRope longRope -> {
                out.text(s + "type", "longrope");
                out.number(s + "original_context_length", longRope.originalContext());
                out.real(s + "attn_factor", longRope.longAttention());
            }
        }
    }

    private Optional<Rope> rope(boolean seesAll) {
        return attentions().stream().filter(at -> at.span().window() == 0 == seesAll).map(Blueprint.Attention::position)
                .filter(Rope.class::isInstance).map((Position p) -> (Rope) p).findFirst();
    }

    private void experts(String a) {
        List<Blueprint.FeedForward> all = blueprint.layers().stream().map(Blueprint.Layer::feedForward).toList();
        Optional<Blueprint.Experts> first = all.stream().filter(Blueprint.Experts.class::isInstance)
                .map(Blueprint.Experts.class::cast).findFirst();
        first.ifPresent(e -> {
            String expert = a + "expert_";
            out.number(expert + "count", e.experts().size()).number(expert + "used_count", e.used());
            out.number(expert + "feed_forward_length", innerSize(e));
            out.number(a + "leading_dense_block_count", all.indexOf(e));
            if (e.gating() != Blueprint.Gating.SOFTMAX_OF_PICKED) {
                out.number(expert + "gating_func", e.gating() == Blueprint.Gating.SOFTMAX ? 1 : 2);
                out.flag(expert + "weights_norm", e.normalise()).real(expert + "weights_scale", e.scale());
            }
        });
    }

    private static int innerSize(Blueprint.FeedForward feedForward) {
        return switch (feedForward) {
            case Blueprint.Dense d -> (int) d.gate().weight().rows();
            case Blueprint.Experts e -> (int) e.experts().getFirst().gate().weight().rows();
        };
    }
}
