/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * The merges of a byte pair encoding: which two symbols become which one, and how early. Immutable once built. Ranks run from 0;
 * the lowest is merged first.
 */
final class MergeTable {

    /** The rank of a pair that does not merge. */
    static final int NONE = Integer.MAX_VALUE;

    private final long[] pairs;
    private final int[] ranks;
    private final int[] merged;
    private final int mask;

    MergeTable(int capacity) {
        int size = Integer.highestOneBit(Math.max(8, capacity)) << 2;
        pairs = new long[size];
        ranks = new int[size];
        merged = new int[Math.max(1, capacity)];
        mask = size - 1;
    }

    /**
     * Adds a merge.
     *
     * @param replace whether it counts if the pair has a rank already
     */
    void put(int left, int right, int rank, int result, boolean replace) {
        merged[rank] = result;
        // no pair is 0, because 1 is added to the left half
        long pair = pair(left, right);
        int slot = slot(pair);
        while (pairs[slot] != 0 && pairs[slot] != pair) {
            slot = (slot + 1) & mask;
        }
        if (pairs[slot] == 0 || replace) {
            pairs[slot] = pair;
            ranks[slot] = rank;
        }
    }

    /** The rank of a pair of symbols, or {@link #NONE}; a negative symbol merges with nothing. */
    int rank(int left, int right) {
        if ((left | right) < 0) {
            return NONE;
        }
        long pair = pair(left, right);
        for (int slot = slot(pair); pairs[slot] != 0; slot = (slot + 1) & mask) {
            if (pairs[slot] == pair) {
                return ranks[slot];
            }
        }
        return NONE;
    }

    /** The symbol that the merge of a rank makes. */
    int merged(int rank) {
        return merged[rank];
    }

    private static long pair(int left, int right) {
        return ((left + 1L) << 32) | right;
    }

    private int slot(long pair) {
        long hash = pair * 0x9E3779B97F4A7C15L;
        return (int) (hash >>> 32) & mask;
    }
}
