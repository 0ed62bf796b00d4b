/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is refused before anything is computed. */
class StepCheckTest {

    private static final int VOCABULARY = 10;
    private static final int CONTEXT = 20;

    private final StepCheck check = new StepCheck(
            new Graph("any", "any", VOCABULARY, 8, CONTEXT, List.of(new StateShape.KeyValues(1, 8)),
                    List.of(new Graph.Variant("any", Path.of("any"), List.of(), 1))),
            CONTEXT, Limits.of(12).withSequences(3));

    private static Step step(int length, int... tokens) {
        return new Step(new LengthOnly(length), VOCABULARY).feed(tokens, 0, tokens.length, Step.Logits.LAST);
    }

    private void refused(String words, Step... steps) {
        String message = assertThrows(IllegalArgumentException.class, () -> check.check(Arrays.asList(steps)))
                .getMessage();
        assertEquals(words, message);
    }

    @Test
    void whatFitsPasses() {
        assertDoesNotThrow(() -> check.check(List.of()));
        assertDoesNotThrow(() -> check.check(List.of(step(0, 0, 9), step(19, 1), step(10, new int[9]))));
        assertDoesNotThrow(() -> check.check(List.of(step(8, new int[12]))));
    }

    @Test
    void eachFaultIsNamed() {
        refused("Token 10 is outside the vocabulary of 10.", step(0, 3), step(0, 1, 10));
        refused("Token -1 is outside the vocabulary of 10.", step(0, -1));
        refused("The sequence holds 19 tokens and cannot take 2 more: the context ends at 20.", step(19, 1, 1));
        refused("A step has no tokens.", new Step(new LengthOnly(0), VOCABULARY));
        refused("A step was made for a vocabulary of 9 tokens; this model has 10.",
                new Step(new LengthOnly(0), 9).feed(new int[1], 0, 1, Step.Logits.NONE));
        refused("1 steps with 13 tokens are more than this model takes at once: 3 steps with 12 tokens.",
                step(0, new int[13]));
        refused("4 steps with 4 tokens are more than this model takes at once: 3 steps with 12 tokens.", step(0, 1),
                step(0, 1), step(0, 1), step(0, 1));
        Step one = step(0, 1);
        refused("Two steps feed the same sequence.", one, step(0, 1), one);
    }

    @Test
    void aSequenceIsItselfAloneAmongMany() {
        StepCheck large = new StepCheck(
                new Graph("any", "any", VOCABULARY, 8, CONTEXT, List.of(new StateShape.KeyValues(1, 8)),
                        List.of(new Graph.Variant("any", Path.of("any"), List.of(), 1))),
                CONTEXT, Limits.of(10_000));
        for (int count : new int[]{31, 32, 33, 64, 65, 1000}) {
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                // all are equal, none is the same
                steps.add(step(0, 1));
            }
            assertDoesNotThrow(() -> large.check(steps));
            steps.set(count - 1, steps.getFirst());
            assertThrows(IllegalArgumentException.class, () -> large.check(steps));
            steps.removeLast();
            // a refusal leaves nothing behind
            assertDoesNotThrow(() -> large.check(steps));
        }
    }
}
