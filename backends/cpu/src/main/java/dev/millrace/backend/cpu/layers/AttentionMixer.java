/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kv.CpuSequence;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.threads.Workers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Grouped-query attention over paged keys and values. A block of queries meets one page after the other with an online
 * softmax, so working memory does not grow with the context.
 *
 * <p>
 * The context is met in spans of a fixed length, each for itself, whose results are merged in order. So several workers can
 * share the context of one query, and results do not depend on whether they do, nor on how a prompt is cut into micro-batchs.
 */
public final class AttentionMixer implements LayerPart {

    /** Tokens in a span: a context of 4 096 gives work to two workers for half of the heads each; merging costs a sixtieth. */
    public static final int SPAN = AttentionScratch.PAGES * KvLayout.PAGE;

    /** Units a worker below which spans are shared out. */
    private static final int ENOUGH = 8;

    /** Queries of a block that is not made smaller for the sake of more units. */
    private static final int FEW_VECTORS = 32;

    /** A run of neighbouring tokens of one sequence, whose queries are taken together. */
    private static final class Block {
        private int run;
        private int from;
        private int to;
        /** The first span that a query of the block sees, and how many there are from there on. */
        private int firstSpan;
        private int spans;
        /** Where the results of spans begin, or -1 if one worker meets all spans of a head. */
        private int parts;
        /** Key-value heads that a worker takes together. */
        private int heads;
    }

    private final Network.Attention layer;
    private final Resources resources;
    private final @Nullable RopeAngles rope;
    private final int heads;
    private final int kvHeads;
    private final int headSize;
    private final int width;
    private final int group;
    /** Tokens that a token sees, itself included; {@link Integer#MAX_VALUE} for all. */
    private final int window;
    /** Makes scores binary logarithms of weights, or, with a softcap, scores divided by it. */
    private final float queryScale;
    private final float softcap;
    private final Rows queryRows;
    private final Rows keyRows;
    private final Rows valueRows;
    private final Rows mixedRows;
    private final Block[] blocks;
    private final Workers.Items store = this::store;
    private final Workers.Region attend = this::attend;
    private final Workers.Items merge = this::merge;
    private int blockCount;
    private MicroBatch batch;

    AttentionMixer(Network.Attention layer, Resources resources, @Nullable RopeAngles rope, MicroBatch batch) {
        this.layer = layer;
        this.resources = resources;
        this.rope = rope;
        this.batch = batch;
        heads = layer.shape().heads();
        kvHeads = layer.shape().kvHeads();
        headSize = layer.shape().headSize();
        width = layer.keyValues().width();
        group = heads / kvHeads;
        window = layer.shape().span().window() == 0 ? Integer.MAX_VALUE : layer.shape().span().window();
        softcap = layer.shape().softcap() * PowersOfTwo.LOG2_E;
        queryScale = softcap == 0
                ? layer.shape().scale() * PowersOfTwo.LOG2_E
                : layer.shape().scale() / layer.shape().softcap();
        Buffers buffers = resources.buffers();
        queryRows = buffers.rows(buffers.queries, heads * headSize);
        keyRows = buffers.rows(buffers.keys, kvHeads * headSize);
        valueRows = buffers.rows(buffers.values, kvHeads * headSize);
        mixedRows = buffers.rows(buffers.mixed, heads * headSize);
        blocks = new Block[buffers.tokens];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = new Block();
        }
    }

    /** The oldest token that one at a position sees. */
    private int oldest(int position) {
        return Math.max(0, position + 1 - window);
    }

    /** Spans of a context. */
    static int spans(int tokens) {
        return tokens / SPAN + (tokens % SPAN == 0 ? 0 : 1);
    }

    @Override
    public void run(MicroBatch tokens) {
        batch = tokens;
        Rows normed = resources.buffers().normedRows;
        resources.matmul().add(layer.query(), normed, queryRows, 0, tokens.count);
        resources.matmul().add(layer.key(), normed, keyRows, 0, tokens.count);
        resources.matmul().add(layer.value(), normed, valueRows, 0, tokens.count);
        resources.matmul().run();
        attend();
        resources.matmul().add(layer.output(), mixedRows, resources.buffers().outputRows, 0, tokens.count);
        resources.matmul().run();
    }

    private void attend() {
        resources.workers().run(store, batch.count, 8L * (heads + kvHeads) * headSize);
        cut();
        resources.attention().parts().shape(width);
        int shared = share();
        gather();
        int units = 0;
        for (int b = 0; b < blockCount; b++) {
            units += units(blocks[b]);
        }
        resources.workers().run(attend, units);
        if (shared > 0) {
            resources.workers().run(merge, blockCount * kvHeads, (long) shared * group * width * blocks[0].spans);
        }
    }

    /** Norms and turns queries and keys, and writes keys and values into the pages. */
    private void store(int worker, int from, int to) {
        for (int t = from; t < to; t++) {
            store(batch.owners[t], t);
        }
    }

    private void store(CpuSequence sequence, int t) {
        Buffers buffers = resources.buffers();
        place(buffers.queries, t, heads, layer.queryNorm());
        scale(buffers.queries, t * heads * headSize, heads * headSize, queryScale);
        place(buffers.keys, t, kvHeads, layer.keyNorm());
        int position = batch.positions[t];
        KvPage page = sequence.page(layer.group(), position / KvLayout.PAGE);
        int slot = position % KvLayout.PAGE;
        for (int h = 0; h < kvHeads; h++) {
            int at = (t * kvHeads + h) * headSize;
            page.writeKey(layer.keyValues(), h, slot, buffers.keys, at);
            page.writeValue(layer.keyValues(), h, slot, buffers.values, at);
        }
    }

    /** Norms the heads of a token and lets its position enter, where the model wants that. */
    private void place(float[] x, int t, int count, Network.@Nullable Norm norm) {
        int at = t * count * headSize;
        if (norm != null) {
            Norms.heads(x, at, count * headSize, norm);
        }
        if (rope != null) {
            for (int h = 0; h < count; h++) {
                rope.turn(t, x, at + h * headSize);
            }
        }
    }

    private static void scale(float[] x, int at, int n, float factor) {
        for (int i = at; i < at + n; i++) {
            x[i] *= factor;
        }
    }

    /** Cuts runs into blocks of as many queries as can be taken together if there is work for all workers then. */
    private void cut() {
        long enough = (long) ENOUGH * resources.workers().count();
        int most = Math.max(1, AttentionScratch.VECTORS / group);
        while (most > 1 && most * group > FEW_VECTORS && (long) batch.count * kvHeads < enough * most) {
            most /= 2;
        }
        blockCount = 0;
        for (int run = 0; run < batch.runs; run++) {
            int end = batch.first[run] + batch.length[run];
            for (int from = batch.first[run]; from < end; from += most) {
                Block block = blocks[blockCount++];
                block.run = run;
                block.from = from;
                block.to = Math.min(end, from + most);
                block.firstSpan = oldest(batch.positions[from]) / SPAN;
                block.spans = spans(batch.positions[block.to - 1] + 1) - block.firstSpan;
                block.parts = -1;
                block.heads = 1;
            }
        }
    }

    /** Shares out spans where there are few blocks, as far as there is room for their results; says how many blocks. */
    private int share() {
        if ((long) blockCount * kvHeads >= (long) ENOUGH * resources.workers().count()) {
            return 0;
        }
        int shared = 0;
        int used = 0;
        for (int b = 0; b < blockCount; b++) {
            Block block = blocks[b];
            long parts = (long) block.spans * heads * (block.to - block.from);
            if (block.spans > 1 && used + parts <= resources.attention().parts().largest.length) {
                block.parts = used;
                used += (int) parts;
                shared++;
            }
        }
        return shared;
    }

    /**
     * Lets a worker take as many heads of a page as there is work for all and room for: they lie side by side in it, and only a
     * long run of bytes is read ahead: one token after 32 768 takes two fifths less time with eight heads than with one.
     */
    private void gather() {
        long enough = 4L * resources.workers().count();
        for (int b = 0; b < blockCount; b++) {
            Block block = blocks[b];
            int filled = AttentionScratch.filled((block.to - block.from) * group);
            block.heads = 1;
            while (kvHeads % (2 * block.heads) == 0 && 2 * block.heads * filled <= AttentionScratch.VECTORS
                    && (long) blockCount * units(block) / 2 >= enough) {
                block.heads *= 2;
            }
        }
    }

    /** A unit is some heads of a block, or a span of them. */
    private int units(Block block) {
        return kvHeads / block.heads * (block.parts < 0 ? 1 : block.spans);
    }

    private void attend(int worker, int unit, int units) {
        int b = 0;
        int within = unit;
        while (within >= units(blocks[b])) {
            within -= units(blocks[b]);
            b++;
        }
        Block block = blocks[b];
        AttentionScratch scratch = resources.attention().scratch().get(worker);
        int groups = kvHeads / block.heads;
        int head = within % groups * block.heads;
        int vectors = (block.to - block.from) * group;
        int filled = AttentionScratch.filled(vectors);
        scratch.met.shape(width);
        scratch.all.shape(width);
        for (int h = 0; h < block.heads; h++) {
            load(block, head + h, scratch, h * filled);
        }
        if (block.parts < 0) {
            scratch.all.clear(block.heads * filled);
            for (int span = 0; span < block.spans; span++) {
                meet(block, head, span, scratch);
                scratch.all.merge(0, scratch.met, 0, block.heads * filled);
            }
            for (int h = 0; h < block.heads; h++) {
                finish(block, head + h, scratch, h * filled);
            }
        } else {
            int span = within / groups;
            meet(block, head, span, scratch);
            for (int h = 0; h < block.heads; h++) {
                resources.attention().parts().copy(part(block, head + h, span), scratch.met, h * filled, vectors);
            }
        }
    }

    /** Where the results of a head's span begin. */
    private int part(Block block, int head, int span) {
        return block.parts + (head * block.spans + span) * (block.to - block.from) * group;
    }

    /** Collects the queries that share a key-value head. */
    private void load(Block block, int head, AttentionScratch scratch, int first) {
        float[] queries = resources.buffers().queries;
        int vectors = (block.to - block.from) * group;
        for (int v = 0; v < vectors; v++) {
            int from = ((block.from + v / group) * heads + head * group + v % group) * headSize;
            int to = (first + v) * width;
            System.arraycopy(queries, from, scratch.queries, to, headSize);
            Arrays.fill(scratch.queries, to + headSize, to + width, 0);
        }
        int end = first + AttentionScratch.filled(vectors);
        Arrays.fill(scratch.queries, (first + vectors) * width, end * width, 0);
        resources.kernels().attention().prepare(layer.keyValues(), scratch, first, end - first);
    }

    /** Lets the queries of some heads meet a span. */
    private void meet(Block block, int head, int span, AttentionScratch scratch) {
        CpuSequence sequence = batch.sequences[block.run];
        int vectors = (block.to - block.from) * group;
        int position = batch.positions[block.from];
        int start = (block.firstSpan + span) * SPAN;
        int end = Math.min(start + SPAN, batch.positions[block.to - 1] + 1);
        int oldest = oldest(position);
        // pages that no query of the block sees are passed over
        start = Math.max(start, oldest / KvLayout.PAGE * KvLayout.PAGE);
        int count = 0;
        for (int begin = start; begin < end; begin += KvLayout.PAGE) {
            scratch.pages[count++] = sequence.page(layer.group(), begin / KvLayout.PAGE);
        }
        int seenFrom = window == Integer.MAX_VALUE ? AttentionKernels.ALL : position + 1 - window - start;
        resources.kernels().attention().meet(count, layer.keyValues(), head, block.heads, scratch, vectors, group,
                seenFrom, position + 1 - start, softcap);
    }

    private void merge(int worker, int from, int to) {
        AttentionScratch scratch = resources.attention().scratch().get(worker);
        for (int i = from; i < to; i++) {
            Block block = blocks[i / kvHeads];
            int head = i % kvHeads;
            int vectors = (block.to - block.from) * group;
            if (block.parts >= 0) {
                scratch.all.shape(width);
                scratch.all.clear(vectors);
                for (int span = 0; span < block.spans; span++) {
                    scratch.all.merge(0, resources.attention().parts(), part(block, head, span), vectors);
                }
                finish(block, head, scratch, 0);
            }
        }
    }

    private void finish(Block block, int head, AttentionScratch scratch, int first) {
        int vectors = (block.to - block.from) * group;
        for (int v = 0; v < vectors; v++) {
            int query = head * group + v % group;
            int to = ((block.from + v / group) * heads + query) * headSize;
            if (layer.sinks() == null) {
                scratch.all.mean(first + v, resources.buffers().mixed, to, headSize);
            } else {
                scratch.all.mean(first + v, layer.sinks()[query] * PowersOfTwo.LOG2_E, resources.buffers().mixed, to,
                        headSize);
            }
        }
    }
}
