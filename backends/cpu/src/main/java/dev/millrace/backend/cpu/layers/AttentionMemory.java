/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.spi.model.Blueprint;
import java.util.ArrayList;
import java.util.List;

/**
 * Working memory of all attention layers.
 *
 * @param scratch one per worker
 * @param parts what spans of the context gave, where several workers share the context of a query
 */
public record AttentionMemory(List<AttentionScratch> scratch, WeightedSums parts) {

    /** Queries of so many tokens can be shared at a full context: a few conversations that each write one token. */
    private static final int SHARED_TOKENS = 8;

    /** Working memory for all attention layers of a model. */
    public static AttentionMemory of(Blueprint blueprint, int workers, int context) {
        int heads = 0;
        int group = 1;
        int headSize = 2;
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a) {
                heads = Math.max(heads, a.heads());
                group = Math.max(group, a.heads() / a.kvHeads());
                headSize = Math.max(headSize, a.headSize());
            }
        }
        List<AttentionScratch> scratch = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            scratch.add(new AttentionScratch(group, headSize));
        }
        int parts = Math.multiplyExact(SHARED_TOKENS * heads, AttentionMixer.spans(context));
        return new AttentionMemory(List.copyOf(scratch), new WeightedSums(parts, KvLayout.width(headSize)));
    }

    /** Bytes of what grows with the context. */
    public static long bytes(Blueprint blueprint, int context) {
        long most = 0;
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a) {
                long query = 1L + WeightedSums.TOTALS + KvLayout.width(a.headSize());
                most = Math.max(most, query * Float.BYTES * a.heads());
            }
        }
        return most * SHARED_TOKENS * AttentionMixer.spans(context);
    }
}
