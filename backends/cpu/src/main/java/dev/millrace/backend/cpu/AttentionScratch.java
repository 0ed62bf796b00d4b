/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.Blueprint;

/** What one worker needs to attend with a block of queries to one page at a time. */
final class AttentionScratch {

    /** Tokens whose queries are taken together. */
    static final int BLOCK = 16;

    final float[] page;
    final short[] halves;
    final float[] scores;
    final float[] sums;
    final float[] largest;
    final float[] total;
    final float[] fade;
    final float[] lanes = new float[Kernels.LANES];
    final Rows queries = new Rows();
    final Rows scoreRows;

    /** Room for all attention layers of a model. */
    static AttentionScratch of(Blueprint blueprint) {
        int group = 1;
        int headSize = 2;
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a) {
                group = Math.max(group, a.heads() / a.kvHeads());
                headSize = Math.max(headSize, a.headSize());
            }
        }
        return new AttentionScratch(group, headSize);
    }

    /** Room for the largest group of query heads that share a key-value head, and the largest head. */
    private AttentionScratch(int group, int headSize) {
        int vectors = Math.multiplyExact(BLOCK, group);
        page = new float[KvLayout.PAGE * headSize];
        halves = new short[page.length];
        scores = new float[vectors * KvLayout.PAGE];
        sums = new float[Math.multiplyExact(vectors, headSize)];
        largest = new float[vectors];
        total = new float[vectors];
        fade = new float[vectors];
        queries.reserve(vectors);
        scoreRows = Rows.of(scores, KvLayout.PAGE, vectors);
    }
}
