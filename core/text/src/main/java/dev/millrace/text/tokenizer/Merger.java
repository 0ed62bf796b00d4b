/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.Arrays;

/**
 * Merges the symbols of one pre-token: always the pair of the lowest rank, of equals the leftmost. Short ones are scanned, long ones
 * go through a queue, so that time grows with n log n. For one thread.
 */
final class Merger {

    /** Up to here scanning all pairs is quicker than a queue. */
    private static final int SHORT = 48;

    private final MergeTable merges;
    private int[] symbols = new int[64];
    private int[] ranks = new int[64];
    private int[] next = new int[0];
    private int[] previous = new int[0];
    private final LongHeap queue = new LongHeap(16);
    private int count;

    Merger(MergeTable merges) {
        this.merges = merges;
    }

    /** Empties the list of symbols. */
    void reset() {
        count = 0;
    }

    void add(int symbol) {
        if (count == symbols.length) {
            symbols = Arrays.copyOf(symbols, count + (count >> 1));
            ranks = new int[symbols.length];
        }
        symbols[count++] = symbol;
    }

    /** Number of symbols that are left. */
    int count() {
        return count;
    }

    int symbol(int index) {
        return symbols[index];
    }

    void merge() {
        for (int i = 0; i + 1 < count; i++) {
            ranks[i] = merges.rank(symbols[i], symbols[i + 1]);
        }
        if (count <= SHORT) {
            scan();
        } else {
            queue();
        }
    }

    private void scan() {
        while (count > 1) {
            int best = MergeTable.NONE;
            int at = -1;
            for (int i = 0; i < count - 1; i++) {
                if (ranks[i] < best) {
                    best = ranks[i];
                    at = i;
                }
            }
            if (at < 0) {
                return;
            }
            symbols[at] = merges.merged(best);
            count--;
            for (int i = at + 1; i < count; i++) {
                symbols[i] = symbols[i + 1];
                ranks[i] = ranks[i + 1];
            }
            if (at > 0) {
                ranks[at - 1] = merges.rank(symbols[at - 1], symbols[at]);
            }
            if (at < count - 1) {
                ranks[at] = merges.rank(symbols[at], symbols[at + 1]);
            }
        }
    }

    private void queue() {
        if (next.length < count) {
            next = new int[symbols.length];
            previous = new int[symbols.length];
        }
        queue.clear();
        for (int i = 0; i < count; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < count) {
                enqueue(i);
            }
        }
        int end = count;
        while (!queue.isEmpty()) {
            long head = queue.poll();
            int rank = (int) (head >>> 32);
            int at = (int) head;
            // an entry is stale when its pair has changed since; the pair's rank tells
            if (ranks[at] != rank) {
                continue;
            }
            symbols[at] = merges.merged(rank);
            int gone = next[at];
            int after = next[gone];
            next[at] = after;
            ranks[gone] = MergeTable.NONE;
            if (after < end) {
                previous[after] = at;
                ranks[at] = merges.rank(symbols[at], symbols[after]);
                enqueue(at);
            } else {
                ranks[at] = MergeTable.NONE;
            }
            int before = previous[at];
            if (before >= 0) {
                ranks[before] = merges.rank(symbols[before], symbols[at]);
                enqueue(before);
            }
        }
        count = 0;
        for (int i = 0; i < end; i = next[i]) {
            symbols[count++] = symbols[i];
        }
    }

    private void enqueue(int at) {
        if (ranks[at] != MergeTable.NONE) {
            queue.add(((long) ranks[at] << 32) | at);
        }
    }
}
