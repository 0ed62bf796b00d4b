/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import java.util.Arrays;

/**
 * Weighted sums of values for a list of queries, over the tokens that were met so far, as an online softmax keeps them (Milakov
 * and Gimelshein, 2018): weights are {@code 2^(score - largest)}, and are divided by their total at the end.
 */
public final class WeightedSums {

    /** Partial totals of a query: weights of every 16th token go to the same one, at all vector widths. */
    public static final int TOTALS = 16;

    /**
     * Scores are taken from the largest one or from this, whichever is more: a query may have met scores only that are minus infinity,
     * because they overflowed, and then the difference would be no number.
     */
    public static final float LEAST = -Float.MAX_VALUE;

    /** For each query, the largest score. */
    public final float[] largest;
    /** For each query, {@link #TOTALS} partial totals of the weights. */
    public final float[] totals;
    /** {@code [query][width]}. */
    public final float[] sums;
    private int width;

    /** Room for queries on heads of at most a width. */
    public WeightedSums(int queries, int width) {
        this.width = width;
        largest = new float[queries];
        totals = new float[Math.multiplyExact(queries, TOTALS)];
        sums = new float[Math.multiplyExact(queries, width)];
    }

    /** Sets the width of the heads that come; what is there is worthless then. */
    public void shape(int headWidth) {
        width = headWidth;
    }

    /** Forgets what the first queries have met. */
    public void clear(int queries) {
        Arrays.fill(largest, 0, queries, Float.NEGATIVE_INFINITY);
        Arrays.fill(totals, 0, queries * TOTALS, 0);
        Arrays.fill(sums, 0, queries * width, 0);
    }

    /** Takes over queries of another. */
    public void copy(int query, WeightedSums from, int first, int count) {
        System.arraycopy(from.largest, first, largest, query, count);
        System.arraycopy(from.totals, first * TOTALS, totals, query * TOTALS, count * TOTALS);
        System.arraycopy(from.sums, first * width, sums, query * width, count * width);
    }

    /** Adds to some queries what another has met of later tokens. */
    public void merge(int query, WeightedSums later, int first, int count) {
        for (int i = query; i < query + count; i++) {
            int from = first + i - query;
            float theirs = later.largest[from];
            if (theirs != Float.NEGATIVE_INFINITY) {
                float most = Math.max(largest[i], theirs);
                float a = PowersOfTwo.exp2(largest[i] - most);
                float b = PowersOfTwo.exp2(theirs - most);
                add(totals, i * TOTALS, a, later.totals, from * TOTALS, b, TOTALS);
                add(sums, i * width, a, later.sums, from * width, b, width);
                largest[i] = most;
            }
        }
    }

    private static void add(float[] x, int at, float a, float[] y, int from, float b, int count) {
        for (int i = 0; i < count; i++) {
            x[at + i] = x[at + i] * a + y[from + i] * b;
        }
    }

    /**
     * Writes the first values of a query's mean, where a sink takes part in the total and has no value.
     *
     * @param sink the sink's score, as binary logarithm of its weight
     */
    public void mean(int query, float sink, float[] into, int at, int count) {
        float most = Math.max(largest[query], sink);
        float fade = PowersOfTwo.exp2(largest[query] - most);
        float total = PowersOfTwo.exp2(sink - most);
        for (int i = query * TOTALS; i < (query + 1) * TOTALS; i++) {
            total += totals[i] * fade;
        }
        float factor = fade / total;
        for (int i = 0; i < count; i++) {
            into[at + i] = sums[query * width + i] * factor;
        }
    }

    /** Writes the first values of a query's mean. */
    public void mean(int query, float[] into, int at, int count) {
        float total = 0;
        for (int i = query * TOTALS; i < (query + 1) * TOTALS; i++) {
            total += totals[i];
        }
        float factor = 1 / total;
        for (int i = 0; i < count; i++) {
            into[at + i] = sums[query * width + i] * factor;
        }
    }
}
