/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

/** The tokens that may be chosen at one place. Kept and shared. */
public final class Mask {

    private final long[] bits;
    private final int count;
    private final int only;

    Mask(long[] bits, int count, int only) {
        this.bits = bits;
        this.count = count;
        this.only = only;
    }

    /**
     * Which tokens.
     *
     * @return bit {@code id % 64} of word {@code id / 64} for each; not to be changed
     */
    public long[] bits() {
        return bits;
    }

    /**
     * How many tokens.
     *
     * @return 0 or more
     */
    public int count() {
        return count;
    }

    /**
     * The one token.
     *
     * @return its id if there is just one, else -1
     */
    public int only() {
        return only;
    }

    /**
     * The first token.
     *
     * @return the smallest id, or -1 if there is none
     */
    public int first() {
        for (int i = 0; i < bits.length; i++) {
            if (bits[i] != 0) {
                return 64 * i + Long.numberOfTrailingZeros(bits[i]);
            }
        }
        return -1;
    }

    /**
     * Whether a token may be chosen.
     *
     * @param token its id
     * @return true if so
     */
    public boolean has(int token) {
        return (bits[token >> 6] & 1L << token) != 0;
    }
}
