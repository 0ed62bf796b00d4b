/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
}
