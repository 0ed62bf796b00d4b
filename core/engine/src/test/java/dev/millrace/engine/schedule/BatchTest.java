/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whose tokens are read in a pass, on the test's own thread. */
class BatchTest {

    /** Reads, and remembers how many tokens each step had, by the first token of its sequence. */
    private static final class Reader implements Executor {

        private final Limits limits;
        private List<String> last = new ArrayList<>();

        Reader(Limits limits) {
            this.limits = limits;
        }

        @Override
        public Limits limits() {
            return limits;
        }

        @Override
        public Sequence newSequence() {
            return new Read();
        }

        @Override
        public Sequence newSequence(SequenceState state) {
            throw new UnsupportedOperationException("no states");
        }

        @Override
        public void forward(List<Step> steps) {
            last = new ArrayList<>();
            for (Step step : steps) {
                Read read = (Read) step.sequence();
                read.name = read.length == 0 ? step.token(0) : read.name;
                read.length += step.length();
                last.add(read.name + ":" + step.length());
            }
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    private static final class Read implements Sequence {

        private int name;
        private int length;

        @Override
        public int length() {
            return length;
        }

        @Override
        public Sequence fork() {
            throw new UnsupportedOperationException("no forks");
        }

        @Override
        public boolean truncate(int to) {
            return to == length;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException("no states");
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    private final Inbox inbox = new Inbox(Thread.currentThread());
    private final OpenSlots open = new OpenSlots(inbox, new ModelMeters());
    private final Batch batch = new Batch("test", 10, inbox, open, new Rescue(inbox, open, problem -> {
    }), new Watchdog(Patience.DEFAULT), new Pace(0), new GuessCosts(), new ModelMeters());

    private Slot asks(int name, int tokens, int priority) {
        Slot slot = open.add(new Slot());
        int[] prompt = new int[tokens];
        prompt[0] = name;
        slot.prompt(prompt);
        slot.priority(priority);
        ask(slot);
        return slot;
    }

    private void ask(Slot slot) {
        slot.request(Thread.currentThread(), Wish.NOTHING);
        inbox.submit(slot);
    }

    private List<String> pass(Reader reader) {
        assertTrue(batch.fill(reader));
        batch.read(reader);
        return reader.last;
    }

    @Test
    void promptsOfOnePrioritySharePassesAndLeaveNothingUnused() {
        Reader reader = new Reader(Limits.of(100));
        asks(1, 500, 0);
        asks(2, 10, 0);
        asks(3, 500, 0);
        assertEquals(List.of("1:33", "2:10", "3:57"), pass(reader));
        assertEquals(List.of("1:50", "3:50"), pass(reader));
    }

    @Test
    void aPromptOfAHigherPriorityIsReadFirst() {
        Reader reader = new Reader(Limits.of(100));
        asks(1, 150, 0);
        assertEquals(List.of("1:100"), pass(reader));
        asks(2, 150, -1);
        asks(3, 150, 7);
        assertEquals(List.of("3:100"), pass(reader));
        assertEquals(List.of("3:50"), pass(reader));
        assertEquals(List.of("1:50"), pass(reader));
        assertEquals(List.of("2:100"), pass(reader));
    }

    @Test
    void answersGoOnBesideAPromptWhateverItsPriority() {
        Reader reader = new Reader(Limits.of(100));
        Slot answer = asks(1, 5, -3);
        pass(reader);
        assertFalse(answer.isPending());
        asks(2, 150, 9);
        answer.append(7);
        ask(answer);
        assertEquals(List.of("2:32", "1:1"), pass(reader), "as many as are read beside answers at first");
    }

    /** Its thread chooses a token while the next pass begins: it would wait for the whole prompt. */
    @Test
    void whoseNextTokenIsBeingChosenIsNotHeldUpByAPrompt() {
        Reader reader = new Reader(Limits.of(100));
        Slot answer = asks(1, 5, 0);
        answer.claim();
        pass(reader);
        asks(2, 500, 0);
        assertEquals(List.of("2:32"), pass(reader), "as many as beside an answer that is read");
        answer.append(7);
        ask(answer);
        assertEquals(List.of("2:32", "1:1"), pass(reader));
        for (int i = 0; i < 4; i++) {
            assertEquals(List.of("2:32"), pass(reader));
        }
        assertEquals(List.of("2:100"), pass(reader), "it does something else");
    }

    @Test
    void theNextPassWaitsForTheAnswersOfTheLastOne() {
        Reader reader = new Reader(Limits.of(100));
        Slot answer = asks(1, 5, 0);
        answer.claim();
        long begin = System.nanoTime();
        pass(reader);
        assertEquals(0, batch.patience(begin), "nothing else waits");
        asks(2, 500, 0);
        assertTrue(batch.patience(begin) > 0);
        assertEquals(0, batch.patience(System.nanoTime() + 1_000_000_000), "it had its time");
        answer.append(7);
        ask(answer);
        assertEquals(0, batch.patience(begin), "it has come");
        pass(reader);
        answer.unclaim();
        assertEquals(0, batch.patience(begin), "its answer has ended");
    }

    @Test
    void whereAPassTakesFewerTheFirstOfThemAreThoseOfAHigherPriority() {
        Reader reader = new Reader(Limits.of(100).withSequences(2));
        List<Slot> answers = List.of(asks(1, 5, 0), asks(2, 5, 0), asks(3, 5, 0), asks(4, 5, 2));
        assertEquals(List.of("4:5"), pass(reader));
        pass(reader);
        pass(reader);
        answers.forEach(answer -> answer.append(7));
        answers.forEach(this::ask);
        assertEquals(List.of("4:1", "1:1"), pass(reader));
        assertEquals(List.of("2:1", "3:1"), pass(reader));
    }

    @Test
    void whoOnlyWaitedForAnExecutorIsDone() {
        Slot nothing = open.add(new Slot());
        ask(nothing);
        assertFalse(batch.fill(new Reader(Limits.of(100))));
        assertFalse(nothing.isPending());
    }
}
