/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

/**
 * Tokens to be fed to one sequence. Made once for a sequence and used again for every call of {@link Executor#forward}; for
 * one thread.
 */
public final class Step {

    /** Where logits are wanted. */
    public enum Logits {
        /** Nowhere: more of the prompt follows. */
        NONE,
        /** After the last token. */
        LAST,
        /** After every token. */
        ALL
    }

    private final Sequence sequence;
    private final int vocabularySize;
    private int[] tokens = {};
    private int from;
    private int to;
    private Logits wanted = Logits.NONE;
    private float[] logits = {};

    /**
     * A step without tokens.
     *
     * @param sequence the sequence to feed
     * @param vocabularySize logits in a row
     */
    public Step(Sequence sequence, int vocabularySize) {
        this.sequence = sequence;
        this.vocabularySize = vocabularySize;
    }

    /**
     * Says what to feed next.
     *
     * @param source holds the tokens; not copied, and not changed until forward returns
     * @param first index of the first
     * @param end index after the last; more than first
     * @param where where logits are wanted
     * @return this
     * @throws IndexOutOfBoundsException if the range is empty or outside the array
     */
    public Step feed(int[] source, int first, int end, Logits where) {
        if (first < 0 || first >= end || end > source.length) {
            throw new IndexOutOfBoundsException("tokens " + first + " to " + end + " of " + source.length);
        }
        tokens = source;
        from = first;
        to = end;
        wanted = where;
        int needed = Math.multiplyExact(logitRows(), vocabularySize);
        if (logits.length < needed) {
            logits = new float[needed];
        }
        return this;
    }

    /**
     * The sequence to feed.
     *
     * @return the sequence
     */
    public Sequence sequence() {
        return sequence;
    }

    /**
     * Number of tokens.
     *
     * @return 1 or more once fed
     */
    public int length() {
        return to - from;
    }

    /**
     * A token.
     *
     * @param index 0 to length minus one
     * @return its id
     */
    public int token(int index) {
        return tokens[from + index];
    }

    /**
     * Where logits are wanted.
     *
     * @return as fed
     */
    public Logits wanted() {
        return wanted;
    }

    /**
     * Rows of logits wanted.
     *
     * @return 0, 1 or {@link #length()}
     */
    public int logitRows() {
        return switch (wanted) {
            case NONE -> 0;
            case LAST -> 1;
            case ALL -> length();
        };
    }

    /**
     * The logits: {@link #logitRows()} rows of one value a token of the vocabulary, filled by {@link Executor#forward}.
     *
     * @return the same array while it is large enough; overwritten by the next forward
     */
    public float[] logits() {
        return logits;
    }
}
