/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * What counts as a doom loop: a model that says the same again and again, perhaps with small variations. First what it repeats is made
 * less likely, then its thinking is closed, then the answer ends with {@link FinishReason#LOOP}. Immutable.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param enabled whether anybody looks at it
 * @param nudgeAfter how often a sequence of tokens stands in a row, with small variations, before it is made less likely; 2 or more
 * @param closeAfter how often, before the thinking is closed; nudgeAfter or more
 * @param endAfter how often, before the answer ends; closeAfter or more
 * @param leastTokens shorter repetitions, all repeats together, are left alone; twice as many close the thinking, eight times as many
 *            end the answer, and four times as many are needed for each where what is repeated is shorter than eight tokens: a line of
 *            dashes, a row of zeros. 1 to 64
 */
public record LoopLimits(boolean enabled, int nudgeAfter, int closeAfter, int endAfter, int leastTokens) {

    private static final int MOST_LEAST_TOKENS = 64;

    /** Nudged at four, closed at six, ended at eight repeats, from 64 tokens on. */
    public static final LoopLimits DEFAULT = new LoopLimits(true, 4, 6, 8, 64);

    /** Nobody looks at it. */
    public static final LoopLimits OFF = new LoopLimits(false, 4, 6, 8, 64);

    /**
     * Checks the order.
     *
     * @throws IllegalArgumentException if a number is out of range
     */
    public LoopLimits {
        if (nudgeAfter < 2 || closeAfter < nudgeAfter || endAfter < closeAfter || leastTokens < 1
                || leastTokens > MOST_LEAST_TOKENS) {
            throw new IllegalArgumentException(
                    "The limits of loops must be 2 or more and in rising order, and the least tokens"
                            + " from 1 to " + MOST_LEAST_TOKENS + ": " + nudgeAfter + ", " + closeAfter + ", "
                            + endAfter + "; " + leastTokens + ".");
        }
    }
}
