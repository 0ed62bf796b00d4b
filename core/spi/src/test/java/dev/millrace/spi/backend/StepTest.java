/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A step is made once and used for every pass. */
class StepTest {

    private static final int VOCABULARY = 7;
    private static final int[] TOKENS = {5, 6, 7, 8};

    private final Sequence sequence = new Sequence() {
        @Override
        public int length() {
            return 0;
        }

        @Override
        public Sequence fork() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean truncate(int length) {
            return false;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
        }
    };

    private final Step step = new Step(sequence, VOCABULARY);

    @AfterEach
    void close() {
        sequence.close();
    }

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
}
