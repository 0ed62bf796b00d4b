/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

import dev.millrace.engine.schedule.GuessCosts;

/**
 * How many tokens are worth guessing: as many as make the most of a pass, by how often guesses like these were right and by what passes with
 * so many took. It keeps an account, so that guesses which do not pay cost a hundredth of the time at most, whatever was expected of
 * them. One for all answers of a model; safe for use from any thread.
 */
final class DraftRule {

    /** Times as many tokens as without guesses, below which nothing is guessed. */
    private static final double LEAST_GAIN = 1.05;
    /** What may be lost for each pass of an answer, as a part of it. */
    private static final double ALLOWED = 0.01;
    /** What may be lost at once, in passes: what was won earlier counts no more than that. */
    private static final double MOST_CREDIT = 2;

    private final GuessCosts costs;
    private final Acceptance ofAll = new Acceptance();
    private double credit = 1;

    DraftRule(GuessCosts costs) {
        this.costs = costs;
    }

    /** An answer is about to have a token read. */
    synchronized void passed() {
        credit = Math.min(MOST_CREDIT, credit + ALLOWED);
    }

    /**
     * How many tokens to guess.
     *
     * @param same tokens before them that are the same
     * @param most that can be guessed
     * @param own what was seen in this answer
     * @return 0 if it is not worth it
     */
    synchronized int length(int same, int most, Acceptance own) {
        int answers = Math.max(1, costs.answers());
        if (credit <= 0 || !costs.isKnown(answers)) {
            return 0;
        }
        int best = 0;
        double bestGain = LEAST_GAIN;
        double chance = 1;
        double expected = 0;
        for (int guesses = 1; guesses <= Math.min(most, GuessCosts.MOST_GUESSES); guesses++) {
            chance *= own.chance(same + guesses - 1, ofAll);
            expected += chance;
            double gain = (answers + expected) / answers / costs.times(answers, guesses);
            if (gain > bestGain) {
                bestGain = gain;
                best = guesses;
            }
        }
        return best;
    }

    /**
     * A guess was read.
     *
     * @param same tokens before it that were the same
     * @param guesses tokens of it
     * @param right how many of them were right, from the first on
     * @param decided whether the one after them was wrong; if not, the answer has ended before
     * @param own what was seen in this answer
     */
    synchronized void done(int same, int guesses, int right, boolean decided, Acceptance own) {
        for (int i = 0; i < guesses && (i < right || (decided && i == right)); i++) {
            own.seen(same + i, i < right);
            ofAll.seen(same + i, i < right);
        }
        int answers = Math.clamp(costs.answers(), 1, GuessCosts.MOST_ANSWERS);
        credit = Math.min(MOST_CREDIT, credit + right - answers * guesses * costs.each());
    }
}
