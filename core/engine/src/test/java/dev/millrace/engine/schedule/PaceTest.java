/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** On a machine that is made up: a pass takes so long by itself, and so long for each token. */
class PaceTest {

    /** The time of the longest pass while a prompt is read beside answers, after the first few. */
    private static double longest(Pace pace, double pass, double token, int answers, int prompt, int settle) {
        for (int i = 0; i < 5; i++) {
            pace.done(answers, 0, (long) (pass + answers * token));
        }
        double longest = 0;
        int left = prompt;
        for (int i = 0; left > 0; i++) {
            int tokens = Math.min(left, pace.tokens(512, answers));
            left -= tokens;
            double time = pass + (answers + tokens) * token;
            pace.done(answers, tokens, (long) time);
            longest = i < settle ? longest : Math.max(longest, time);
            assertTrue(i < 2000, "the prompt goes on");
        }
        return longest;
    }

    @Test
    void answersKeepHalfTheirPaceBesideAPrompt() {
        for (double token : new double[]{1e4, 1e5, 1e6, 2.5e6}) {
            double usual = 2e7 + 8 * token;
            double longest = longest(new Pace(0), 2e7, token, 8, 4000, 1);
            assertTrue(longest <= 2.05 * usual || longest <= usual + 8.5 * token, token + ": " + longest / usual);
        }
    }

    @Test
    void aPromptTakesTheTimeThatIsAllowed() {
        Pace pace = new Pace(200_000_000);
        double longest = longest(pace, 2e7, 1e6, 4, 4000, 1);
        assertTrue(longest <= 2.05e8 && longest > 1.5e8, "" + longest);
    }

    @Test
    void aPromptAloneTakesAllThatFits() {
        assertEquals(512, new Pace(0).tokens(512, 0));
        Pace slow = new Pace(0);
        slow.done(1, 0, 1_000);
        slow.done(1, 32, 1_000_000_000);
        assertEquals(8, slow.tokens(512, 1), "it goes on, however slow");
        assertEquals(4, slow.tokens(4, 1), "and never exceeds what the executor takes");
    }
}
