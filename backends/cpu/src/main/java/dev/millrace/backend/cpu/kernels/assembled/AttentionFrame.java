/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;

import dev.millrace.backend.cpu.assembler.Assembly;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory that Java and code for attention share, on all processors: arguments of the function, memory of its own, the list of
 * pages, then tiles. A tile is a piece of memory with the codes of {@link #QUERIES} queries and all that they have met. Checks nothing
 * but that it stays inside its memory, which its methods are given: an object for each call would be garbage of each token.
 */
final class AttentionFrame {

    /** Queries of a tile. */
    static final int QUERIES = AttentionScratch.TILE;
    /** The widest heads that code is made for: it reaches any place of a tile with the offsets that instructions can have. */
    static final int WIDEST = 2048;

    /** Address of the list of pages: where the scales of the first head begin in each. Code may move it on. */
    static final int PAGES = 0;
    /** How many pages. Code may count them down. */
    static final int PAGE_COUNT = 8;
    /** How many heads. */
    static final int HEADS = 16;
    /** Bytes from one head of a page to the next. */
    static final int HEAD_BYTES = 24;
    /** Tiles of a head. */
    static final int TILES = 32;
    /** Address of the first tile of the first head. */
    static final int FIRST_TILE = 40;
    /** A word of the code's own. */
    static final int HEADS_LEFT = 48;
    /** Scales of keys, then of values. */
    static final int SCALES = 64;
    /** Scores, later weights: {@code [query][token]}. */
    static final int SCORES = SCALES + 2 * Float.BYTES * PAGE;
    /** Codes of weights, as the code wants them. */
    static final int CODES = SCORES + QUERIES * Float.BYTES * PAGE;
    /** Bytes of a query's codes. */
    static final int CODE_BYTES = Short.BYTES * PAGE;
    /** Memory of the code's own, 64 bytes for each query. */
    static final int OWN = CODES + QUERIES * CODE_BYTES;
    /** For each query the largest score. */
    static final int MOST = OWN + QUERIES * 64;
    /** What it changes the weights before by. */
    static final int FADE = MOST + 16;
    /** What a code is worth. */
    static final int STEP = FADE + 16;
    /** By what weights are multiplied to become codes. */
    static final int FACTOR = STEP + 16;

    /** Bytes of scales before the keys of a head. */
    static final int SCALE_BYTES = 2 * Short.BYTES * PAGE;

    private static final int LIST = FACTOR + 16;
    private static final int FIRST = (LIST + AttentionScratch.PAGES * Long.BYTES + 63) / 64 * 64;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /**
     * What lies where in a tile, in bytes. Codes of queries come first, {@code [query][dimension]}: bytes, or 16 bits each with
     * dimensions 0, 2, 1 and 3 of each four.
     *
     * @param width values of a head, a multiple of 32
     * @param codeBytes bytes of a code
     */
    record Tile(int width, int codeBytes) {

        Tile(InstructionSet set, int width) {
            this(width, set.vnni ? 1 : 2);
        }

        int queryBytes() {
            return codeBytes * width;
        }

        /** Scales of the queries. */
        int scales() {
            return QUERIES * queryBytes();
        }

        /** Their largest scores so far. */
        int largest() {
            return scales() + 16;
        }

        /** Minus 128 times the sum of a query's codes, for code that adds 128 to keys. */
        int beginnings() {
            return largest() + 16;
        }

        /** For each query two addresses in the limits: where tokens end, and where they begin. */
        int limits() {
            return beginnings() + 16;
        }

        /** Partial totals of the weights. */
        int totals() {
            return scales() + 128;
        }

        /** Sums of the values. */
        int sums() {
            return totals() + QUERIES * Float.BYTES * WeightedSums.TOTALS;
        }

        int bytes() {
            return sums() + QUERIES * Float.BYTES * width;
        }
    }

    /**
     * Where code for heads of a width lies.
     *
     * @param begin offset of the function, whose one argument is the address of a frame
     * @param limits offset of the limits
     */
    record Place(int begin, int limits) {
    }

    private AttentionFrame() {
    }

    /** Bytes that some tiles need. */
    static long bytes(Tile tile, int tiles) {
        return FIRST + (long) tiles * tile.bytes();
    }

    /**
     * Puts the limits behind code: {@code PAGE} times minus infinity, as often infinity, and minus infinity again, of which 64 from some
     * place on say which scores are seen.
     *
     * @return where they begin
     */
    static int limits(Assembly code) {
        code.align(64);
        int begin = code.size();
        for (int i = 0; i < 3 * PAGE; i++) {
            code.data(Float.floatToRawIntBits(i / PAGE == 1 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY));
        }
        return begin;
    }

    private static long at(Tile tile, int query) {
        return FIRST + (long) (query / QUERIES) * tile.bytes();
    }

    private static int lane(int query) {
        return query % QUERIES;
    }

    /** Sets a query's codes, integers from {@code at} on, and its scale. */
    static void query(MemorySegment memory, Tile tile, int query, float[] codes, int at, float scale) {
        memory.set(FLOAT, at(tile, query) + tile.scales() + 4L * lane(query), scale);
        long to = at(tile, query) + (long) lane(query) * tile.queryBytes();
        int sum = 0;
        for (int i = 0; i < tile.width(); i += 4) {
            int c0 = (int) codes[at + i];
            int c1 = (int) codes[at + i + 1];
            int c2 = (int) codes[at + i + 2];
            int c3 = (int) codes[at + i + 3];
            sum += c0 + c1 + c2 + c3;
            if (tile.codeBytes() == 1) {
                memory.set(INT, to + i, (c0 & 0xff) | (c1 & 0xff) << 8 | (c2 & 0xff) << 16 | c3 << 24);
            } else {
                memory.set(INT, to + 2L * i, (c0 & 0xffff) | c2 << 16);
                memory.set(INT, to + 2L * i + 4, (c1 & 0xffff) | c3 << 16);
            }
        }
        memory.set(INT, at(tile, query) + tile.beginnings() + 4L * lane(query), -128 * sum);
    }

    /** Says how many heads there are with how many tiles each, and that these have met nothing. */
    static void heads(MemorySegment memory, Tile tile, int heads, int tiles, long headBytes) {
        memory.set(LONG, HEADS, heads);
        memory.set(LONG, HEAD_BYTES, headBytes);
        memory.set(LONG, TILES, tiles);
        memory.set(LONG, FIRST_TILE, memory.address() + FIRST);
        for (int query = 0; query < heads * tiles * QUERIES; query++) {
            if (lane(query) == 0) {
                memory.asSlice(at(tile, query) + tile.totals(), tile.bytes() - tile.totals()).fill((byte) 0);
            }
            memory.set(FLOAT, at(tile, query) + tile.largest() + 4L * lane(query), Float.NEGATIVE_INFINITY);
        }
    }

    /** Sets the address of a page in the list: where the scales of the first head begin. */
    static void page(MemorySegment memory, int index, long address) {
        memory.set(LONG, LIST + 8L * index, address);
    }

    /** Says that the first pages of the list will be met. */
    static void pages(MemorySegment memory, int count) {
        memory.set(LONG, PAGES, memory.address() + LIST);
        memory.set(LONG, PAGE_COUNT, count);
    }

    /**
     * Says which tokens of a page a query sees.
     *
     * @param limits address of the limits
     * @param oldest the first of them
     * @param visible the one behind the last
     */
    static void seen(MemorySegment memory, Tile tile, int query, long limits, int oldest, int visible) {
        long to = at(tile, query) + tile.limits() + 16L * lane(query);
        memory.set(LONG, to, limits + 4L * (2 * PAGE - inPage(visible)));
        memory.set(LONG, to + 8, limits + 4L * (PAGE - inPage(oldest)));
    }

    private static int inPage(int tokens) {
        return Math.max(0, Math.min(PAGE, tokens));
    }

    /** Gives what the queries of a tile have met. */
    static void met(MemorySegment memory, Tile tile, int first, WeightedSums into) {
        MemorySegment.copy(memory, FLOAT, at(tile, first) + tile.largest(), into.largest, first, QUERIES);
        MemorySegment.copy(memory, FLOAT, at(tile, first) + tile.totals(), into.totals, first * WeightedSums.TOTALS,
                QUERIES * WeightedSums.TOTALS);
        MemorySegment.copy(memory, FLOAT, at(tile, first) + tile.sums(), into.sums, first * tile.width(),
                QUERIES * tile.width());
    }
}
