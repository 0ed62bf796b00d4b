/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.util.Arrays;

/**
 * Grouped-query attention over paged keys and values. A block of queries meets one page after the other with an online
 * softmax (Milakov and Gimelshein, 2018), so working memory does not grow with the context, and results do not depend on how a
 * prompt is cut into chunks.
 */
final class AttentionMixer implements LayerPart {

    private final Network.Attention layer;
    private final Machine machine;
    private final Rope rope;
    private final int heads;
    private final int kvHeads;
    private final int headSize;
    private final int group;
    private final Rows queryRows;
    private final Rows keyRows;
    private final Rows valueRows;
    private final Rows mixedRows;
    private final Workers.Items store = this::store;
    private final Workers.Region attend = this::attend;
    private Chunk chunk;

    AttentionMixer(Network.Attention layer, Machine machine, Rope rope, Chunk chunk) {
        this.layer = layer;
        this.machine = machine;
        this.rope = rope;
        this.chunk = chunk;
        heads = layer.shape().heads();
        kvHeads = layer.shape().kvHeads();
        headSize = layer.shape().headSize();
        group = heads / kvHeads;
        Buffers buffers = machine.buffers();
        queryRows = buffers.rows(buffers.queries, heads * headSize);
        keyRows = buffers.rows(buffers.keys, kvHeads * headSize);
        valueRows = buffers.rows(buffers.values, kvHeads * headSize);
        mixedRows = buffers.rows(buffers.mixed, heads * headSize);
    }

    @Override
    public void run(Chunk tokens) {
        chunk = tokens;
        Rows normed = machine.buffers().normedRows;
        machine.products().add(layer.query(), normed, queryRows, 0, tokens.count);
        machine.products().add(layer.key(), normed, keyRows, 0, tokens.count);
        machine.products().add(layer.value(), normed, valueRows, 0, tokens.count);
        machine.products().run();
        machine.workers().run(store, tokens.count, 8L * (heads + kvHeads) * headSize);
        machine.workers().run(attend, units());
        machine.products().add(layer.output(), mixedRows, machine.buffers().outputRows, 0, tokens.count);
        machine.products().run();
    }

    /** Norms and turns queries and keys, and writes keys and values into the pages. */
    private void store(int worker, int from, int to) {
        for (int t = from; t < to; t++) {
            store(chunk.owners[t], t, machine.attention().get(worker).halves);
        }
    }

    private void store(CpuSequence sequence, int t, short[] halves) {
        Buffers buffers = machine.buffers();
        float scale = (float) (1 / Math.sqrt(headSize));
        for (int h = 0; h < heads; h++) {
            int at = (t * heads + h) * headSize;
            Norms.rms(buffers.queries, at, headSize, layer.queryNorm(), buffers.queries, at);
            rope.turn(t, buffers.queries, at, scale);
        }
        int position = chunk.positions[t];
        KvPage page = sequence.page(position / KvLayout.PAGE);
        int slot = position % KvLayout.PAGE;
        for (int h = 0; h < kvHeads; h++) {
            int at = (t * kvHeads + h) * headSize;
            Norms.rms(buffers.keys, at, headSize, layer.keyNorm(), buffers.keys, at);
            rope.turn(t, buffers.keys, at, 1);
            page.write(layer.keyValues().key(h, slot), buffers.keys, at, headSize, halves);
            page.write(layer.keyValues().value(h, slot), buffers.values, at, headSize, halves);
        }
    }

    /** A unit is a key-value head of a block of tokens of a run. */
    private int units() {
        int units = 0;
        for (int run = 0; run < chunk.runs; run++) {
            units += blocks(run) * kvHeads;
        }
        return units;
    }

    private int blocks(int run) {
        return (chunk.length[run] + AttentionScratch.BLOCK - 1) / AttentionScratch.BLOCK;
    }

    private void attend(int worker, int unit, int units) {
        int run = 0;
        int within = unit;
        while (within >= blocks(run) * kvHeads) {
            within -= blocks(run) * kvHeads;
            run++;
        }
        int from = chunk.first[run] + within / kvHeads * AttentionScratch.BLOCK;
        int to = Math.min(from + AttentionScratch.BLOCK, chunk.first[run] + chunk.length[run]);
        attend(chunk.sequences[run], within % kvHeads, from, to, machine.attention().get(worker));
    }

    private void attend(CpuSequence sequence, int kvHead, int from, int to, AttentionScratch own) {
        Buffers buffers = machine.buffers();
        int vectors = (to - from) * group;
        for (int t = from; t < to; t++) {
            for (int g = 0; g < group; g++) {
                own.queries.set((t - from) * group + g, buffers.queries, (t * heads + kvHead * group + g) * headSize);
            }
        }
        Arrays.fill(own.largest, 0, vectors, Float.NEGATIVE_INFINITY);
        Arrays.fill(own.total, 0, vectors, 0);
        Arrays.fill(own.sums, 0, vectors * headSize, 0);
        int end = chunk.positions[to - 1] + 1;
        for (int begin = 0; begin < end; begin += KvLayout.PAGE) {
            int rows = Math.min(KvLayout.PAGE, end - begin);
            KvPage page = sequence.page(begin / KvLayout.PAGE);
            page.read(layer.keyValues().key(kvHead, 0), own.page, 0, rows * headSize, own.halves);
            machine.kernels().dots(own.page, 0, headSize, rows, headSize, own.queries, own.scoreRows, 0, 0, vectors,
                    own.lanes);
            for (int v = 0; v < vectors; v++) {
                soften(own, v, Math.min(rows, chunk.positions[from + v / group] + 1 - begin), rows);
            }
            page.read(layer.keyValues().value(kvHead, 0), own.page, 0, rows * headSize, own.halves);
            machine.kernels().weigh(own.scores, KvLayout.PAGE, own.page, rows, headSize, own.fade, own.sums, vectors);
        }
        for (int v = 0; v < vectors; v++) {
            int target = ((from + v / group) * heads + kvHead * group + v % group) * headSize;
            float factor = 1 / own.total[v];
            for (int i = 0; i < headSize; i++) {
                buffers.mixed[target + i] = own.sums[v * headSize + i] * factor;
            }
        }
    }

    /** Turns a query's scores on a page into weights, against the largest score so far; tokens after the query get none. */
    private void soften(AttentionScratch own, int v, int visible, int rows) {
        int at = v * KvLayout.PAGE;
        int seen = Math.max(visible, 0);
        Arrays.fill(own.scores, at + seen, at + rows, 0);
        own.fade[v] = 1;
        if (seen > 0) {
            float before = own.largest[v];
            float most = before;
            for (int r = at; r < at + seen; r++) {
                most = Math.max(most, own.scores[r]);
            }
            machine.kernels().exp(own.scores, at, seen, most);
            float sum = 0;
            for (int r = at; r < at + seen; r++) {
                sum += own.scores[r];
            }
            own.fade[v] = ScalarKernels.exp(before - most);
            own.total[v] = own.total[v] * own.fade[v] + sum;
            own.largest[v] = most;
        }
    }
}
