/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the ids of frequent pre-tokens. Bounded: every pre-token has one slot. Threads share it without locks; an entry never
 * changes and its final fields make it safe to see at any time, so that a race costs a repeated merge at worst.
 */
final class PieceCache {

    /** Longer pre-tokens are rare, and would take more memory than the bound allows. */
    static final int LONGEST = 32;

    /**
     * How many pre-tokens one text may push out. The newest stays, so that a long text brings in its words. A text in which every
     * word is new cannot empty the cache.
     */
    static final int PUSHED_OUT = 1 << 12;

    private static final int SLOTS = 1 << 15;

    private final @Nullable Entry[] entries = new @Nullable Entry[SLOTS];

    static int hash(char[] text, int from, int to) {
        int hash = to - from;
        for (int i = from; i < to; i++) {
            hash = hash * 31 + text[i];
        }
        return hash * 0x9E3779B9;
    }

    /** The ids of a pre-token, not to be changed, or null. */
    int @Nullable [] get(int hash, char[] text, int from, int to) {
        Entry entry = entries[hash >>> 17];
        return entry != null && entry.hash == hash && Arrays.equals(entry.text, 0, entry.text.length, text, from, to)
                ? entry.ids
                : null;
    }

    /** Whether the slot of a pre-token is in use. */
    boolean isTaken(int hash) {
        return entries[hash >>> 17] != null;
    }

    void put(int hash, char[] text, int from, int to, int[] ids) {
        entries[hash >>> 17] = new Entry(hash, Arrays.copyOfRange(text, from, to), ids);
    }

    private static final class Entry {
        final int hash;
        final char[] text;
        final int[] ids;

        Entry(int hash, char[] text, int[] ids) {
            this.hash = hash;
            this.text = text;
            this.ids = ids;
        }
    }
}
