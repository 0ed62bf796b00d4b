/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.kernels.assembled.AttentionCode.QUERIES;
import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;

import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Attention to keys and values of 8 bits as machine code; other types, and scores with a bound, are left to other kernels. Code is made
 * for heads of a width when a model first needs it, and checked before it is used: see {@link AttentionSelfTest}.
 */
final class AssembledAttention implements AttentionKernels {

    /**
     * Code for heads of a width.
     *
     * @param begin the function, which keeps its memory; or nothing, if it is not to be used
     * @param limits see {@link AttentionCode#function}
     */
    record Function(MemorySegment begin, long limits, AttentionCode.Tile tile) {

        boolean usable() {
            return begin.address() != 0;
        }
    }

    private static final System.Logger LOG = System.getLogger(AssembledAttention.class.getName());
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    /** Bytes of the arguments and of the list of pages. */
    private static final int TILES_AT = (AttentionCode.ARGUMENT_BYTES + AttentionScratch.PAGES * Long.BYTES + 63) / 64
            * 64;
    private static final int LIST_AT = AttentionCode.ARGUMENT_BYTES;

    private final AttentionKernels others;
    private final InstructionSet set;
    private final Map<Integer, Function> functions = new ConcurrentHashMap<>();

    AssembledAttention(AttentionKernels others, InstructionSet set) {
        this.others = others;
        this.set = set;
    }

    /** The code for heads of a width, made unless that is done. */
    private Function function(int width) {
        Function made = functions.get(width);
        return made != null ? made : functions.computeIfAbsent(width, this::make);
    }

    private Function make(int width) {
        try {
            Assembler assembler = new Assembler();
            int[] places = AttentionCode.function(assembler, set, width);
            MachineCode code = MachineCode.of(assembler.code(), Arena.ofAuto());
            Function made = new Function(code.function(places[0]), code.function(places[1]).address(),
                    new AttentionCode.Tile(set, width));
            String difference = new AttentionSelfTest(this, made).difference();
            if (difference == null) {
                return made;
            }
            LOG.log(System.Logger.Level.WARNING,
                    "Machine code of this processor ({0}) computes something else than it should ({1}); it is not used for attention.",
                    set, difference);
        } catch (MachineCode.Refused e) {
            LOG.log(System.Logger.Level.WARNING, "There is no machine code for attention: {0}.", e.getMessage());
        }
        return new Function(MemorySegment.NULL, 0, new AttentionCode.Tile(set, width));
    }

    @Override
    public void prepare(KvLayout.Layer layer, AttentionScratch scratch, int first, int vectors) {
        AttentionKernels.super.prepare(layer, scratch, first, vectors);
        if (layer.type() == KvType.Q8) {
            prepare(function(layer.width()), scratch, first, vectors);
        }
    }

    void prepare(Function function, AttentionScratch scratch, int first, int vectors) {
        AttentionCode.Tile tile = function.tile();
        MemorySegment own = own(scratch, tile);
        int width = tile.width();
        for (int v = first; v < first + vectors; v++) {
            long begin = TILES_AT + (long) (v / QUERIES) * tile.bytes();
            own.set(FLOAT, begin + tile.scales() + 4L * (v % QUERIES), scratch.queryScales[v]);
            long at = begin + (long) (v % QUERIES) * tile.queryBytes();
            int sum = 0;
            for (int i = 0; i < width; i += 4) {
                int c0 = (int) scratch.queries[v * width + i];
                int c1 = (int) scratch.queries[v * width + i + 1];
                int c2 = (int) scratch.queries[v * width + i + 2];
                int c3 = (int) scratch.queries[v * width + i + 3];
                sum += c0 + c1 + c2 + c3;
                if (tile.codeBytes() == 1) {
                    own.set(ValueLayout.JAVA_INT, at + i,
                            (c0 & 0xff) | (c1 & 0xff) << 8 | (c2 & 0xff) << 16 | c3 << 24);
                } else {
                    own.set(ValueLayout.JAVA_INT, at + 2L * i, (c0 & 0xffff) | c2 << 16);
                    own.set(ValueLayout.JAVA_INT, at + 2L * i + 4, (c1 & 0xffff) | c3 << 16);
                }
            }
            own.set(ValueLayout.JAVA_INT, begin + tile.beginnings() + 4L * (v % QUERIES), -128 * sum);
        }
    }

    private static MemorySegment own(AttentionScratch scratch, AttentionCode.Tile tile) {
        return scratch.own(TILES_AT + (long) scratch.fade.length / QUERIES * tile.bytes());
    }

    @Override
    public void meet(int count, KvLayout.Layer layer, int head, int heads, AttentionScratch scratch, int vectors,
            int group, int oldest, int visible, float softcap) {
        if (layer.type() == KvType.Q8 && softcap == 0) {
            Function function = function(layer.width());
            if (function.usable()) {
                meet(function, count, layer, head, heads, scratch, vectors, group, oldest, visible);
                return;
            }
        }
        others.meet(count, layer, head, heads, scratch, vectors, group, oldest, visible, softcap);
    }

    /** Checks all that machine code will read and write, tells it, and calls it for pages that are seen alike. */
    void meet(Function function, int count, KvLayout.Layer layer, int head, int heads, AttentionScratch scratch,
            int vectors, int group, int oldest, int visible) {
        AttentionCode.Tile tile = function.tile();
        MemorySegment own = own(scratch, tile);
        int filled = AttentionScratch.filled(vectors);
        Objects.checkFromIndexSize(0, heads * filled, scratch.fade.length);
        Objects.checkFromIndexSize(0, heads * filled * tile.width(), scratch.met.sums.length);
        Objects.checkFromIndexSize(head, heads, layer.heads());
        Objects.checkFromIndexSize(0, count, scratch.pages.length);
        if (layer.width() != tile.width() || vectors < 1 || heads < 1) {
            throw new IllegalArgumentException("heads of " + layer.width() + " values are not " + tile.width());
        }
        long start = layer.keyScale(head, 0);
        for (int p = 0; p < count; p++) {
            Objects.checkFromIndexSize(start, heads * layer.headBytes(), scratch.pages[p].data().byteSize());
        }
        int tiles = heads * filled / QUERIES;
        for (int i = 0; i < tiles; i++) {
            MemorySegment met = own.asSlice(TILES_AT + (long) i * tile.bytes(), tile.bytes());
            met.asSlice(tile.totals()).fill((byte) 0);
            for (int q = 0; q < QUERIES; q++) {
                met.set(FLOAT, tile.largest() + 4L * q, Float.NEGATIVE_INFINITY);
            }
        }
        own.set(LONG, AttentionCode.HEADS, heads);
        own.set(LONG, AttentionCode.HEAD_BYTES, layer.headBytes());
        own.set(LONG, AttentionCode.TILES, filled / QUERIES);
        own.set(LONG, AttentionCode.FIRST_TILE, own.address() + TILES_AT);
        try {
            int later = (vectors - 1) / group;
            boolean all = false;
            for (int p = 0; p < count;) {
                int from = p;
                while (p < count && oldest + later <= p * PAGE && visible >= (p + 1) * PAGE) {
                    own.set(LONG, LIST_AT + 8L * (p - from), scratch.pages[p].data().address() + start);
                    p++;
                }
                if (p > from) {
                    if (!all) {
                        limits(function, own, heads, vectors, group, 0, PAGE, 0);
                    }
                    all = true;
                } else {
                    own.set(LONG, LIST_AT, scratch.pages[p].data().address() + start);
                    limits(function, own, heads, vectors, group, oldest - p * PAGE, visible - p * PAGE, 1);
                    all = false;
                    p++;
                }
                own.set(LONG, AttentionCode.PAGES, own.address() + LIST_AT);
                own.set(LONG, AttentionCode.PAGE_COUNT, p - from);
                MachineCode.call(function.begin(), own.address());
            }
            for (int i = 0; i < tiles; i++) {
                copy(own, TILES_AT + (long) i * tile.bytes(), tile, scratch.met, i * QUERIES);
            }
        } finally {
            Reference.reachabilityFence(scratch);
        }
    }

    /** Tells which tokens of a page each query sees. */
    private static void limits(Function function, MemorySegment own, int heads, int vectors, int group, int oldest,
            int visible, int more) {
        AttentionCode.Tile tile = function.tile();
        int filled = AttentionScratch.filled(vectors);
        for (int i = 0; i < heads * filled; i++) {
            int later = more * (i % filled / group);
            long at = TILES_AT + (long) (i / QUERIES) * tile.bytes() + tile.limits() + 16L * (i % QUERIES);
            own.set(LONG, at, function.limits() + 4L * (2 * PAGE - seen(visible + later)));
            own.set(LONG, at + 8, function.limits() + 4L * (PAGE - seen(oldest + later)));
        }
    }

    private static int seen(int tokens) {
        return Math.max(0, Math.min(PAGE, tokens));
    }

    private static void copy(MemorySegment own, long from, AttentionCode.Tile tile, WeightedSums met, int first) {
        MemorySegment.copy(own, FLOAT, from + tile.largest(), met.largest, first, QUERIES);
        MemorySegment.copy(own, FLOAT, from + tile.totals(), met.totals, first * WeightedSums.TOTALS,
                QUERIES * WeightedSums.TOTALS);
        MemorySegment.copy(own, FLOAT, from + tile.sums(), met.sums, first * tile.width(), QUERIES * tile.width());
    }

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch scratch, int first, int vectors,
            int group, int oldest, int visible, float softcap) {
        others.attend(page, layer, head, scratch, first, vectors, group, oldest, visible, softcap);
    }
}
