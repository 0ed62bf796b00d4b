/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

/**
 * A set of bytes.
 *
 * @param w0 bits of 0 to 63
 * @param w1 bits of 64 to 127
 * @param w2 bits of 128 to 191
 * @param w3 bits of 192 to 255
 */
public record ByteSet(long w0, long w1, long w2, long w3) {

    /** No byte. */
    public static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

    /**
     * A range.
     *
     * @param first the first byte, 0 to 255
     * @param last the last byte, 0 to 255
     * @return both and all between
     */
    public static ByteSet range(int first, int last) {
        long[] words = new long[4];
        for (int b = first; b <= last; b++) {
            words[b >> 6] |= 1L << b;
        }
        return new ByteSet(words[0], words[1], words[2], words[3]);
    }

    /**
     * Some bytes.
     *
     * @param ascii characters below 256
     * @return the set
     */
    public static ByteSet of(String ascii) {
        ByteSet set = NONE;
        for (int i = 0; i < ascii.length(); i++) {
            char c = ascii.charAt(i);
            set = set.or(range(c, c));
        }
        return set;
    }

    /**
     * Whether a byte is in it.
     *
     * @param b 0 to 255
     * @return true if so
     */
    public boolean has(int b) {
        long word = switch (b >> 6) {
            case 0 -> w0;
            case 1 -> w1;
            case 2 -> w2;
            default -> w3;
        };
        return (word & 1L << b) != 0;
    }

    /**
     * The bytes of both.
     *
     * @param other another set
     * @return the union
     */
    public ByteSet or(ByteSet other) {
        return new ByteSet(w0 | other.w0, w1 | other.w1, w2 | other.w2, w3 | other.w3);
    }

    /**
     * The bytes in both.
     *
     * @param other another set
     * @return the intersection
     */
    public ByteSet and(ByteSet other) {
        return new ByteSet(w0 & other.w0, w1 & other.w1, w2 & other.w2, w3 & other.w3);
    }

    /**
     * Whether there is no byte in it.
     *
     * @return true if so
     */
    public boolean isEmpty() {
        return (w0 | w1 | w2 | w3) == 0;
    }
}
