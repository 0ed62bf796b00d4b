/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.kv.KvLayout;
import java.util.Arrays;

/** What one worker needs to attend with a block of queries to one page at a time. */
public final class AttentionScratch {

    /** Queries that are taken together at most: they share the work of unpacking a page, which is then a thirtieth of all. */
    public static final int VECTORS = 128;
    /** Queries are computed in tiles of so many, the last one filled up. */
    public static final int TILE = 4;

    /** Keys or values of a page, unpacked: {@code [row][column]}. */
    public final float[] tile;
    /** Scales of the keys of a page, then those of the values; ones where the type has none. */
    public final float[] scales = new float[2 * KvLayout.PAGE];
    /** {@code [query][width]}, filled up with zeros; times the binary logarithm of e, so that weights are powers of 2. */
    public final float[] queries;
    /** {@code [query][token]}. */
    public final float[] scores;
    /** By what a page's scores change the weight of the tokens before it. */
    public final float[] fade;
    /** What the block has met in a span of the context. */
    public final WeightedSums met;
    /** What it has met in all spans before. */
    public final WeightedSums all;

    /** Room for the largest group of query heads that share a key-value head, and the largest head. */
    public AttentionScratch(int group, int headSize) {
        int most = filled(Math.max(VECTORS, group));
        int width = KvLayout.width(headSize);
        tile = new float[Math.multiplyExact(KvLayout.PAGE, width)];
        queries = new float[Math.multiplyExact(most, width)];
        scores = new float[Math.multiplyExact(most, KvLayout.PAGE)];
        fade = new float[most];
        met = new WeightedSums(most, width);
        all = new WeightedSums(most, width);
        Arrays.fill(scales, 1);
    }

    /** Queries, filled up to whole tiles. */
    public static int filled(int vectors) {
        return (vectors + TILE - 1) / TILE * TILE;
    }
}
