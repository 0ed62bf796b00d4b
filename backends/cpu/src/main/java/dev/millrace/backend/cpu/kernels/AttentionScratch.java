/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** What one worker needs to attend with a block of queries to one page at a time. */
public final class AttentionScratch {

    /** Queries that are taken together at most: they share the work of unpacking a page, which is then a thirtieth of all. */
    public static final int VECTORS = 128;
    /** Queries are computed in tiles of so many, the last one filled up. */
    public static final int TILE = 4;
    /** Pages that are met in one call at most. */
    public static final int PAGES = 16;
    /** The largest code of a weight. A sum of as many products with 8 bits as a page has tokens is exact, also as a float. */
    public static final int LARGEST_CODE = 2047;
    /** The largest code of a query. */
    public static final int LARGEST_QUERY_CODE = 127;

    /** What a code is worth if the largest is 1. */
    public static final float CODE = 1f / LARGEST_CODE;
    /** The largest weight of a page counts as this at least, and smaller queries are taken for zeros. */
    public static final float SMALLEST = 0x1p-96f;

    /** Keys or values of a page, unpacked: {@code [row][column]}. */
    public final float[] tile;
    /** The same as bytes, where they are such. */
    public final byte[] codes;
    /** Scales of the keys of a page, then those of the values; ones where the type has none. */
    public final float[] scales = new float[2 * KvLayout.PAGE];
    /**
     * {@code [query][width]}, filled up with zeros; times the binary logarithm of e, so that weights are powers of 2. Integers where
     * keys have 8 bits, see {@link #round}.
     */
    public final float[] queries;
    /** By what a query's scores are multiplied. */
    public final float[] queryScales;
    /** {@code [query][token]}. */
    public final float[] scores;
    /** By what a page's scores change the weight of the tokens before it. */
    public final float[] fade;
    /** What a page's weighted sums are multiplied by. */
    public final float[] steps;
    /** Weighted sums of a page, for a tile of queries. */
    public final float[] parts;
    /** The pages that are met. */
    public final KvPage[] pages = new KvPage[PAGES];
    /** What the block has met in a span of the context. */
    public final WeightedSums met;
    /** What it has met in all spans before. */
    public final WeightedSums all;

    private MemorySegment own = MemorySegment.NULL;

    /** Room for the largest group of query heads that share a key-value head, and the largest head. */
    public AttentionScratch(int group, int headSize) {
        int most = filled(Math.max(VECTORS, group));
        int width = KvLayout.width(headSize);
        tile = new float[Math.multiplyExact(KvLayout.PAGE, width)];
        codes = new byte[tile.length];
        queries = new float[Math.multiplyExact(most, width)];
        scores = new float[Math.multiplyExact(most, KvLayout.PAGE)];
        queryScales = new float[most];
        fade = new float[most];
        steps = new float[most];
        parts = new float[Math.multiplyExact(TILE, width)];
        met = new WeightedSums(most, width);
        all = new WeightedSums(most, width);
        Arrays.fill(scales, 1);
        Arrays.fill(steps, 1);
    }

    /** Makes some queries integers, to be multiplied with keys of 8 bits, with scales of their own. */
    public void round(int width, int first, int count) {
        for (int v = first; v < first + count; v++) {
            float most = 0;
            for (int i = v * width; i < (v + 1) * width; i++) {
                most = Math.max(most, Math.abs(queries[i]));
            }
            // what is no number, or infinite, is told by the scale
            boolean usual = most >= SMALLEST && most <= Float.MAX_VALUE;
            float factor = LARGEST_QUERY_CODE / most;
            for (int i = v * width; i < (v + 1) * width; i++) {
                queries[i] = usual ? queries[i] * factor + PowersOfTwo.ROUND - PowersOfTwo.ROUND : 0;
            }
            queryScales[v] = most < SMALLEST ? 0 : most / LARGEST_QUERY_CODE;
        }
    }

    /** Memory off the heap for the use of one set of kernels, at least so many bytes; content is kept while it need not grow. */
    public MemorySegment own(long bytes) {
        if (own.byteSize() < bytes) {
            own = Arena.ofAuto().allocate(bytes, 64);
        }
        return own;
    }

    /** Queries, filled up to whole tiles. */
    public static int filled(int vectors) {
        return (vectors + TILE - 1) / TILE * TILE;
    }
}
