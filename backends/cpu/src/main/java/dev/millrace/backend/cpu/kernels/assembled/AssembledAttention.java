/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.kernels.assembled.AttentionFrame.QUERIES;
import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;

import dev.millrace.backend.cpu.assembler.Arm64Assembler;
import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.Assembly;
import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
     * @param limits see {@link AttentionFrame#limits(Assembly)}
     */
    record Function(MemorySegment begin, long limits, AttentionFrame.Tile tile) {

        boolean usable() {
            return begin.address() != 0;
        }
    }

    private static final System.Logger LOG = System.getLogger(AssembledAttention.class.getName());

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
        Function none = new Function(MemorySegment.NULL, 0, new AttentionFrame.Tile(set, width));
        if (width > AttentionFrame.WIDEST) {
            return none;
        }
        try {
            Function made = set.arm64() ? arm64(width) : x86(width);
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
        return none;
    }

    private Function x86(int width) throws MachineCode.Refused {
        Assembler assembler = new Assembler();
        return function(assembler, AttentionCode.function(assembler, set, width), width);
    }

    private Function arm64(int width) throws MachineCode.Refused {
        Arm64Assembler assembler = new Arm64Assembler();
        return function(assembler, Arm64AttentionCode.function(assembler, set, width), width);
    }

    private Function function(Assembly assembly, AttentionFrame.Place place, int width) throws MachineCode.Refused {
        MachineCode code = MachineCode.of(assembly.code(), Arena.ofAuto());
        return new Function(code.function(place.begin()), code.function(place.limits()).address(),
                new AttentionFrame.Tile(set, width));
    }

    @Override
    public void prepare(KvLayout.Layer layer, AttentionScratch scratch, int first, int vectors) {
        AttentionKernels.super.prepare(layer, scratch, first, vectors);
        if (layer.type() == KvType.Q8) {
            Function function = function(layer.width());
            if (function.usable()) {
                prepare(function, scratch, first, vectors);
            }
        }
    }

    void prepare(Function function, AttentionScratch scratch, int first, int vectors) {
        MemorySegment frame = frame(function, scratch);
        for (int v = first; v < first + vectors; v++) {
            AttentionFrame.query(frame, function.tile(), v, scratch.queries, v * function.tile().width(),
                    scratch.queryScales[v]);
        }
    }

    private static MemorySegment frame(Function function, AttentionScratch scratch) {
        return scratch.own(AttentionFrame.bytes(function.tile(), scratch.fade.length / QUERIES));
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
        AttentionFrame.Tile tile = function.tile();
        MemorySegment frame = frame(function, scratch);
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
        AttentionFrame.heads(frame, tile, heads, filled / QUERIES, layer.headBytes());
        try {
            int later = (vectors - 1) / group;
            boolean all = false;
            for (int p = 0; p < count;) {
                int from = p;
                while (p < count && oldest + later <= p * PAGE && visible >= (p + 1) * PAGE) {
                    AttentionFrame.page(frame, p - from, scratch.pages[p].data().address() + start);
                    p++;
                }
                boolean alike = p > from;
                if (!alike) {
                    AttentionFrame.page(frame, 0, scratch.pages[p].data().address() + start);
                    p++;
                }
                for (int i = 0; i < heads * filled && !(alike && all); i++) {
                    int more = i % filled / group;
                    AttentionFrame.seen(frame, tile, i, function.limits(), alike ? 0 : oldest + more - from * PAGE,
                            alike ? PAGE : visible + more - from * PAGE);
                }
                all = alike;
                AttentionFrame.pages(frame, p - from);
                MachineCode.call(function.begin(), frame.address());
            }
            for (int i = 0; i < heads * filled; i += QUERIES) {
                AttentionFrame.met(frame, tile, i, scratch.met);
            }
        } finally {
            Reference.reachabilityFence(scratch);
        }
    }

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch scratch, int first, int vectors,
            int group, int oldest, int visible, float softcap) {
        others.attend(page, layer, head, scratch, first, vectors, group, oldest, visible, softcap);
    }
}
