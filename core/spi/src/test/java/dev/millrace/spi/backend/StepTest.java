/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A step is made once and used for every pass. */
class StepTest {

    private static final int VOCABULARY = 7;
    private static final int[] TOKENS = {5, 6, 7, 8};

    private final Sequence sequence = new LengthOnly(0);
    private final Step step = new Step(sequence, VOCABULARY);

    @Test
    void aPartOfTheTokensIsFed() {
        step.feed(TOKENS, 1, 3, Step.Logits.NONE);
        assertSame(sequence, step.sequence());
        assertEquals(2, step.length());
        assertEquals(6, step.token(0));
        assertEquals(7, step.token(1));
        assertEquals(Step.Logits.NONE, step.wanted());
    }

    @Test
    void thereIsRoomForTheLogitsThatAreWanted() {
        assertEquals(0, step.feed(TOKENS, 0, 4, Step.Logits.NONE).logitRows());
        assertEquals(0, step.logits().length);
        assertEquals(1, step.feed(TOKENS, 0, 4, Step.Logits.LAST).logitRows());
        assertEquals(VOCABULARY, step.logits().length);
        assertEquals(4, step.feed(TOKENS, 0, 4, Step.Logits.ALL).logitRows());
        assertEquals(4 * VOCABULARY, step.logits().length);
    }

    @Test
    void theSameArrayIsUsedWhileItIsLargeEnough() {
        float[] logits = step.feed(TOKENS, 0, 2, Step.Logits.ALL).logits();
        assertSame(logits, step.feed(TOKENS, 2, 3, Step.Logits.LAST).logits());
        assertSame(logits, step.feed(TOKENS, 2, 4, Step.Logits.ALL).logits());
    }

    @ParameterizedTest
    @CsvSource({"0,0", "2,1", "-1,2", "0,5", "4,4"})
    void emptyAndForeignRangesAreRefused(int first, int end) {
        assertThrows(IndexOutOfBoundsException.class, () -> step.feed(TOKENS, first, end, Step.Logits.NONE));
    }

    @Test
    void moreLogitsThanAnArrayHoldsAreRefused() {
        Step large = new Step(sequence, Integer.MAX_VALUE);
        assertThrows(ArithmeticException.class, () -> large.feed(TOKENS, 0, 2, Step.Logits.ALL));
    }

    @Test
    void theLargestAreChosenFromTheRowWhereTheBackendHasNot() {
        step.best().count(2);
        step.feed(TOKENS, 0, 2, Step.Logits.BEST);
        assertEquals(1, step.logitRows());
        assertEquals(0, step.best().size());
        step.logits()[4] = 9;
        step.logits()[1] = 8;
        assertEquals(4, step.best().id(0));
        assertEquals(1, step.best().id(1));
        // chosen once
        step.logits()[2] = 10;
        assertEquals(4, step.best().id(0));
        step.feed(TOKENS, 2, 3, Step.Logits.BEST);
        assertEquals(0, step.best().size());
        step.best().put(0, 6, 3);
        step.best().found(1, 4);
        step.logits();
        assertEquals(6, step.best().id(0));
    }

    @Test
    void afterAFailureNothingIsChosen() {
        step.feed(TOKENS, 0, 2, Step.Logits.BEST).logits();
        assertFalse(step.failed());
        OutOfRoomException problem = new OutOfRoomException("There is no room.");
        step.fail(problem);
        assertTrue(step.failed());
        assertSame(problem, step.failure().orElseThrow());
        assertEquals(0, step.best().size());
        step.feed(TOKENS, 0, 2, Step.Logits.LAST);
        assertFalse(step.failed());
        assertEquals(Optional.empty(), step.failure());
    }

    @Test
    void theReachIsNeverShorterThanTheStep() {
        assertEquals(3, step.feed(TOKENS, 0, 3, Step.Logits.LAST).reach());
        assertEquals(10, step.reach(10).reach());
        assertEquals(3, step.reach(2).reach());
        step.reach(10);
        assertEquals(1, step.feed(TOKENS, 3, 4, Step.Logits.LAST).reach());
    }
}
