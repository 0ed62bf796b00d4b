/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.engine.schedule.GuessCosts;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What guesses win and lose, where their cost and their luck are made up. */
class DraftRuleTest {

    private static final int PASSES = 10_000;
    private static final int MOST = 7;

    private final GuessCosts costs = new GuessCosts();
    private final DraftRule rule = new DraftRule(costs);
    private final Acceptance own = new Acceptance();
    /** In passes without guesses. */
    private double time;
    private double tokens;
    private int guessed;

    /** Generates with guesses of which each token is right with a chance. */
    private void generate(double chance, double costOfEach, int answers) {
        Random random = new Random(1);
        for (int pass = 0; pass < PASSES; pass++) {
            rule.passed();
            int guesses = rule.length(3, MOST, own);
            int right = 0;
            while (right < guesses && random.nextDouble() < chance) {
                right++;
            }
            double took = 1 + costOfEach * guesses;
            costs.done(answers, guesses, (long) (took * 1e6));
            time += took;
            tokens += 1 + right;
            guessed += guesses;
            if (guesses > 0) {
                rule.done(3, guesses, right, right < guesses, own);
            }
        }
    }

    @Test
    void whatIsAlwaysRightIsGuessedAtFullLength() {
        generate(1, 0.2, 1);
        assertEquals(MOST, rule.length(3, MOST, own));
        assertTrue(tokens > 3 * time, tokens + " in " + time);
    }

    @Test
    void whatIsMostlyRightIsGuessedShorter() {
        generate(0.7, 0.2, 1);
        int length = rule.length(3, MOST, own);
        assertTrue(length > 0 && length < MOST, "length " + length);
        assertTrue(tokens > 1.3 * time, tokens + " in " + time);
    }

    @Test
    void whatIsNeverRightCostsAHundredthAtMost() {
        generate(0, 0.5, 1);
        assertTrue(guessed > 0, "it was tried");
        assertTrue(time < 1.01 * PASSES + 6, "took " + time);
    }

    @Test
    void whatDoesNotPayForItsCostIsLeftAlone() {
        generate(0.5, 0.8, 1);
        // without guesses as many passes as tokens
        assertTrue(time < 1.01 * tokens + 12, tokens + " in " + time);
    }

    @Test
    void nothingIsGuessedBesideMany() {
        costs.done(GuessCosts.MOST_ANSWERS + 1, 0, 1_000_000);
        assertEquals(0, rule.length(8, MOST, own));
        costs.done(1, 0, 1_000_000);
        assertTrue(rule.length(8, MOST, own) > 0);
    }

    @Test
    void besideOthersTheCostIsThatOfAll() {
        generate(0.6, 0.3, 4);
        assertTrue(time < 1.01 * PASSES + 12 || tokens - PASSES > 4 * (time - PASSES), tokens + " in " + time);
    }
}
