/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a slot hands from the scheduler's thread to the one that generates. */
class SlotTest {

    private record Still(int length) implements Sequence {

        @Override
        public Sequence fork() {
            return this;
        }

        @Override
        public boolean truncate(int to) {
            return to == length;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("no state");
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    @Test
    void logitsSurviveAMoveThatComesBeforeTheyAreFetched() {
        Slot slot = new Slot();
        slot.attach(new Still(0), 3);
        slot.prompt(new int[]{1, 2});
        slot.request(Thread.currentThread(), () -> Step.Logits.LAST);
        Step step = slot.next(10, 1);
        float[] computed = {0.5f, -1, 2};
        System.arraycopy(computed, 0, step.logits(), 0, 3);
        assertFalse(slot.advance());
        slot.attach(new Still(2), 3);
        assertArrayEquals(computed, Objects.requireNonNull(slot.result()).logits());
    }

    /** Reads guesses, and notes how far it was cut back. */
    private static final class Guessing implements Sequence {

        private int length;

        @Override
        public int length() {
            return length;
        }

        @Override
        public Sequence fork() {
            return this;
        }

        @Override
        public boolean truncate(int to) {
            length = to;
            return true;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("no state");
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    /** A slot that has read 1 and 2, and 3, 4 and 5 as guesses. */
    private static Slot guessed(Guessing sequence) {
        Slot slot = new Slot();
        slot.attach(sequence, 10);
        slot.prompt(new int[]{1});
        slot.request(Thread.currentThread(), () -> Step.Logits.LAST);
        slot.next(10, 1);
        sequence.length = 1;
        assertFalse(slot.advance());
        assertEquals(0, slot.row());
        slot.append(2);
        assertEquals(-1, slot.row());
        slot.guess(new int[]{3, 4, 5}, 3);
        slot.request(Thread.currentThread(), () -> Step.Logits.LAST);
        Step step = slot.next(10, 2);
        assertEquals(4, step.length());
        assertEquals(Step.Logits.ALL, step.wanted());
        assertEquals(3, slot.guessed());
        sequence.length = 5;
        assertFalse(slot.advance());
        assertEquals(2, slot.read());
        return slot;
    }

    @Test
    void whatIsChosenDecidesWhichGuessesStay() {
        Guessing sequence = new Guessing();
        Slot slot = guessed(sequence);
        assertEquals(0, slot.row());
        slot.append(3);
        assertEquals(1, slot.row());
        slot.append(9);
        assertEquals(-1, slot.row(), "4 was guessed");
        slot.append(5);
        assertEquals(-1, slot.row(), "what comes after a wrong guess rests on it");
        slot.settle();
        assertEquals(3, sequence.length);
        assertEquals(3, slot.read());
        assertEquals(2, slot.unread());
    }

    @Test
    void allGuessesMayStay() {
        Guessing sequence = new Guessing();
        Slot slot = guessed(sequence);
        slot.append(3);
        slot.append(4);
        slot.append(5);
        assertEquals(3, slot.row());
        slot.append(6);
        assertEquals(-1, slot.row());
        slot.rest();
        assertArrayEquals(new int[]{1, 2, 3, 4, 5}, slot.readTokens());
        assertEquals(5, sequence.length);
    }

    /** The scheduler's thread may settle a slot, in order to move it, while guesses are still being looked at. */
    @Test
    void aSlotThatIsSettledInBetweenReadsTheRestAgain() {
        Guessing sequence = new Guessing();
        Slot slot = guessed(sequence);
        slot.append(3);
        slot.settle();
        assertEquals(3, sequence.length);
        slot.attach(new Still(3), 10);
        slot.append(4);
        assertEquals(2, slot.row(), "the logits are still there");
        slot.append(7);
        assertEquals(-1, slot.row());
        slot.settle();
        assertEquals(3, slot.read());
        assertEquals(2, slot.unread());
    }

    @Test
    void guessesAreLeftOutWhereTheyDoNotFit() {
        Slot slot = new Slot();
        slot.attach(new Guessing(), 10);
        slot.prompt(new int[]{1, 2, 3});
        slot.guess(new int[]{4, 5}, 2);
        slot.request(Thread.currentThread(), () -> Step.Logits.LAST);
        Step step = slot.next(4, 1);
        assertEquals(3, step.length());
        assertEquals(Step.Logits.LAST, step.wanted());
        assertEquals(0, slot.guessed());
    }
}
