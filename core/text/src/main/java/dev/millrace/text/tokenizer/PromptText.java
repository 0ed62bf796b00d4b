/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.Arrays;

/**
 * The text of a prompt with the knowledge of who wrote what: trusted pieces, which a chat template wrote, and inert pieces, which
 * came from outside and must never yield a control token. Immutable.
 */
public final class PromptText {

    private final String text;
    /** Ends of runs; runs alternate, the first is trusted and may be empty. */
    private final int[] ends;

    private PromptText(String text, int[] ends) {
        this.text = text;
        this.ends = ends;
    }

    /**
     * A prompt that is trusted throughout.
     *
     * @param text any text
     * @return the prompt
     */
    public static PromptText trusted(String text) {
        return builder().trusted(text).build();
    }

    /**
     * A prompt in which nothing is trusted.
     *
     * @param text any text
     * @return the prompt
     */
    public static PromptText inert(String text) {
        return builder().inert(text).build();
    }

    /**
     * Starts an empty prompt.
     *
     * @return a new builder, for one thread
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The whole text, without the distinction.
     *
     * @return all pieces, joined
     */
    public String text() {
        return text;
    }

    /**
     * Whether a range is trusted as a whole.
     *
     * @param from index of the first char
     * @param to index behind the last one
     * @return true if no char of the range is inert
     */
    public boolean isTrusted(int from, int to) {
        int run = runOf(from);
        return (run & 1) == 0 && (from >= to || to <= (run < ends.length ? ends[run] : text.length()));
    }

    private int runOf(int at) {
        int found = Arrays.binarySearch(ends, at + 1);
        return found < 0 ? -found - 1 : found;
    }

    @Override
    public String toString() {
        return text;
    }

    /** Collects pieces in order. Neighbours of the same kind become one piece. For one thread. */
    public static final class Builder {

        private final StringBuilder text = new StringBuilder();
        private int[] ends = new int[8];
        private int runs;

        private Builder() {
        }

        /**
         * Adds text in which control tokens are meant as such.
         *
         * @param piece any text
         * @return this builder
         */
        public Builder trusted(CharSequence piece) {
            return append(piece, 0);
        }

        /**
         * Adds text that stays text whatever it spells.
         *
         * @param piece any text
         * @return this builder
         */
        public Builder inert(CharSequence piece) {
            return append(piece, 1);
        }

        /**
         * The prompt so far.
         *
         * @return a prompt that later additions do not change
         */
        public PromptText build() {
            return new PromptText(text.toString(), Arrays.copyOf(ends, runs));
        }

        private Builder append(CharSequence piece, int kind) {
            if (piece.isEmpty()) {
                return this;
            }
            if ((runs & 1) != kind) {
                if (runs == ends.length) {
                    ends = Arrays.copyOf(ends, runs * 2);
                }
                ends[runs++] = text.length();
            }
            text.append(piece);
            return this;
        }
    }
}
