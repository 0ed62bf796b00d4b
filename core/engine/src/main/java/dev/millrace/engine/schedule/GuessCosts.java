/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

/**
 * How much longer a pass takes that reads guesses beside the tokens of answers. It learns from each pass without prompts. Safe for use from
 * any thread.
 */
public final class GuessCosts {

    /** Where more answers are generated at once, passes are long already and nothing is guessed. */
    public static final int MOST_ANSWERS = 8;
    /** Guesses in a pass about which something is known, and about which more is not asked. */
    public static final int MOST_GUESSES = 8;

    private static final double NEW = 0.1;
    /** What a guess is taken to cost, as a part of a pass, until it was seen: little, so that it is tried. */
    private static final double FIRST = 0.1;
    /** By how much what was seen long ago is forgotten in each pass without guesses. */
    private static final double FORGOTTEN = 0.002;
    /** A pass that takes so many times as long as usual was held up by something else. */
    private static final double HELD_UP = 4;

    /** Nanoseconds without guesses, by answers; 0 if not known. */
    private final double[] alone = new double[MOST_ANSWERS + 1];
    private final double[][] times = new double[MOST_ANSWERS + 1][MOST_GUESSES + 1];
    private int answers = 1;
    private double each = FIRST;

    /** Nothing is known. */
    public GuessCosts() {
        for (double[] row : times) {
            for (int guesses = 0; guesses <= MOST_GUESSES; guesses++) {
                row[guesses] = first(guesses);
            }
        }
    }

    private static double first(int guesses) {
        return 1 + FIRST * guesses;
    }

    /**
     * A pass without prompts is done.
     *
     * @param ofAnswers answers in it
     * @param guesses all together
     * @param nanos that it took
     */
    public synchronized void done(int ofAnswers, int guesses, long nanos) {
        answers = ofAnswers;
        if (ofAnswers > MOST_ANSWERS || guesses > MOST_GUESSES) {
            return;
        }
        double known = alone[ofAnswers];
        if (guesses == 0) {
            alone[ofAnswers] = known == 0 ? nanos : known + NEW * (Math.min((double) nanos, HELD_UP * known) - known);
            for (int i = 1; i <= MOST_GUESSES; i++) {
                times[ofAnswers][i] += FORGOTTEN * (first(i) - times[ofAnswers][i]);
            }
        } else if (known > 0) {
            double before = times[ofAnswers][guesses];
            double seen = Math.min(nanos / known, HELD_UP * before);
            each = (seen - 1) / guesses;
            times[ofAnswers][guesses] = before == first(guesses) ? seen : before + 2 * NEW * (seen - before);
        }
    }

    /**
     * Answers in the last pass.
     *
     * @return 1 or more
     */
    public synchronized int answers() {
        return answers;
    }

    /**
     * What a guess has cost in the last pass that had some.
     *
     * @return as a part of a pass without guesses; less than 0 if it was faster by chance
     */
    public synchronized double each() {
        return each;
    }

    /**
     * Whether it is known how long a pass without guesses takes.
     *
     * @param ofAnswers answers in it
     * @return false as long as guesses have nothing to be held against, and beside too many answers
     */
    public synchronized boolean isKnown(int ofAnswers) {
        return ofAnswers <= MOST_ANSWERS && alone[ofAnswers] > 0;
    }

    /**
     * How many times as long a pass takes with guesses as without.
     *
     * @param ofAnswers answers in it, 1 to {@link #MOST_ANSWERS}
     * @param guesses all together, 0 to {@link #MOST_GUESSES}
     * @return about 1 or more
     */
    public synchronized double times(int ofAnswers, int guesses) {
        return times[ofAnswers][guesses];
    }
}
