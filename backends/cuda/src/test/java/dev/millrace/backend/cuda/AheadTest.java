/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Passes that are computed before they are asked for: the same bits as without them, whatever is asked for instead. The emulated driver
 * does what is queued as late as may be, so that whatever is overwritten too early is noticed.
 */
class AheadTest {

    private static final int VOCABULARY = 96;
    private static final int CONTEXT = 160;
    /** So many tokens, and what comes next is computed ahead. */
    private static final int TRUSTED = Ahead.TRUST + 2;

    private final Blueprint model = CudaContractTest.model();
    private Faults faults;
    private CudaBackend backend;
    private Executor executor;

    @BeforeEach
    void load() {
        faults = new Faults();
        backend = Emulated.backend();
        executor = load(true);
    }

    private Executor load(boolean ahead) {
        System.setProperty(Ahead.SETTING, String.valueOf(ahead));
        try {
            return backend.load(model, backend.devices().getFirst(), LoadOptions.of(CONTEXT), Progress.NONE);
        } finally {
            System.clearProperty(Ahead.SETTING);
        }
    }

    @AfterEach
    void close() {
        faults.fail(Faults.Call.ALLOC, Long.MAX_VALUE, 0);
        executor.close();
        assertEquals(0, faults.live(Faults.Call.ALLOC));
    }

    private record Failing(Faults.Call call, long count) {
    }

    /** An answer in the making: reads its likeliest token again and again, and keeps what it was given. */
    private static final class Answer {
        private final Step step;
        private final List<Float> given = new ArrayList<>();
        private int next;

        Answer(Executor executor, int prompt, int first) {
            step = new Step(executor.newSequence(), VOCABULARY);
            int[] tokens = new int[prompt];
            for (int i = 0; i < prompt; i++) {
                tokens[i] = (first + 7 * i) % VOCABULARY;
            }
            executor.forward(List.of(step.feed(tokens, 0, prompt, Step.Logits.BEST)));
            take();
        }

        private void take() {
            if (step.wanted() == Step.Logits.LAST) {
                next = 0;
                for (int i = 0; i < VOCABULARY; i++) {
                    given.add(step.logits()[i]);
                    next = step.logits()[i] > step.logits()[next] ? i : next;
                }
                return;
            }
            for (int k = 0; k < step.best().size(); k++) {
                given.add((float) step.best().id(k));
                given.add(step.best().logit(k));
            }
            given.add(step.best().logSum());
            next = step.best().id(0);
        }
    }

    private static void read(Executor executor, Step.Logits wanted, Answer... answers) {
        List<Step> steps = new ArrayList<>();
        for (Answer answer : answers) {
            steps.add(answer.step.feed(new int[]{answer.next}, 0, 1, wanted));
        }
        executor.forward(steps);
        for (Answer answer : answers) {
            assertFalse(answer.step.failed());
            answer.take();
        }
    }

    private static void read(Executor executor, int times, Answer... answers) {
        for (int i = 0; i < times; i++) {
            read(executor, Step.Logits.BEST, answers);
        }
    }

    /** Passes that were queued: the first is launched kernel by kernel, the others as graphs. */
    private long launches(Runnable action) {
        long before = faults.called(Faults.Call.LAUNCH);
        action.run();
        return faults.called(Faults.Call.LAUNCH) - before;
    }

    /** Does the same with and without passes ahead, and compares all that was given. */
    private void same(int answers, BiConsumer<Executor, Answer[]> then) {
        List<List<Float>> given = new ArrayList<>();
        executor.close();
        executor = load(true);
        for (boolean ahead : new boolean[]{true, false}) {
            try (Executor one = ahead ? executor : load(false)) {
                Answer[] all = new Answer[answers];
                for (int i = 0; i < answers; i++) {
                    // one of them takes a new page just when the pass runs ahead
                    all[i] = new Answer(one, KvLayout.PAGE - TRUSTED - i, 5 + 11 * i);
                }
                read(one, TRUSTED, all);
                then.accept(one, all);
                List<Float> together = new ArrayList<>();
                for (Answer answer : all) {
                    together.addAll(answer.given);
                }
                given.add(together);
            }
        }
        assertArrayEquals(given.getLast().toArray(), given.getFirst().toArray());
    }

    @Test
    void whatIsLikelyIsComputedBeforeItIsAskedFor() {
        Answer answer = new Answer(executor, 3, 5);
        read(executor, TRUSTED, answer);
        // two kernels that choose, one that gives the next pass its token, and the graph of that pass
        for (int i = 0; i <= KvLayout.PAGE; i++) {
            assertEquals(4, launches(() -> read(executor, 1, answer)));
        }
        // the last that fits has nothing behind it
        read(executor, CONTEXT - 1 - answer.step.sequence().length(), answer);
        assertEquals(2, launches(() -> read(executor, 1, answer)), "this pass had been computed, and none follows");
    }

    @Test
    void whoAskedDoesNotWaitForThePassAhead() {
        Answer answer = new Answer(executor, 3, 5);
        read(executor, 1, answer);
        assertEquals(0, faults.waiting());
        read(executor, TRUSTED, answer);
        assertTrue(faults.waiting() > 0, "all that was queued is done");
    }

    @Test
    void withoutItNothingIsComputedThatWasNotAskedFor() {
        try (Executor without = load(false)) {
            Answer answer = new Answer(without, 3, 5);
            while (answer.step.sequence().length() < CONTEXT) {
                read(without, 1, answer);
            }
            answer.step.sequence().truncate(0);
            answer.next = 1;
            assertEquals(3, launches(() -> read(without, 1, answer)));
        }
    }

    @Test
    void theSameBitsComeOutInAnyOrderAndOfAnyKind() {
        same(1, (one, all) -> read(one, 40, all));
        same(3, (one, all) -> {
            for (int i = 0; i < 8; i++) {
                read(one, Step.Logits.BEST, all[i % 3], all[(i + 1) % 3], all[(i + 2) % 3]);
                read(one, Step.Logits.LAST, all[2], all[1], all[0]);
            }
        });
        same(2, (one, all) -> {
            long[] odd = {0xAAAA_AAAA_AAAA_AAAAL, 0xAAAA_AAAA_AAAA_AAAAL};
            all[0].step.best().count(7).allow(odd);
            all[1].step.best().penalise(new int[]{1, 2, 3, 4}, new float[]{2, 2, 2, 2}, new float[4], 4);
            read(one, 20, all);
        });
    }

    @Test
    void anythingElseLeavesIt() {
        same(2, (one, all) -> {
            all[0].next = (all[0].next + 1) % VOCABULARY;
            read(one, 30, all);
        });
        same(2, (one, all) -> {
            read(one, 1, all[1]);
            read(one, TRUSTED, all);
            read(one, TRUSTED, all[0]);
        });
        same(1, (one, all) -> {
            // several at once, then nothing wanted
            one.forward(List.of(all[0].step.feed(new int[]{all[0].next, 3, 4}, 0, 3, Step.Logits.ALL)));
            one.forward(List.of(all[0].step.feed(new int[]{9}, 0, 1, Step.Logits.NONE)));
            read(one, 30, all);
        });
        same(1, (one, all) -> {
            assertTrue(all[0].step.sequence().truncate(all[0].step.sequence().length()));
            read(one, 12, all);
            assertTrue(all[0].step.sequence().truncate(0));
            read(one, 30, all);
        });
    }

    @Test
    void forksStatesAndOtherSequencesAreAsWithoutIt() {
        same(2, (one, all) -> {
            for (int i = 0; i < 24; i++) {
                Sequence sequence = all[0].step.sequence();
                Step fork = new Step(sequence.fork(), VOCABULARY);
                one.forward(List.of(fork.feed(new int[]{i}, 0, 1, Step.Logits.LAST)));
                all[1].given.add(fork.logits()[0]);
                read(one, 1, all);
                one.forward(List.of(fork.feed(new int[]{i}, 0, 1, Step.Logits.LAST)));
                all[1].given.add(fork.logits()[0]);
                fork.sequence().close();
                read(one, i % 3 == 0 ? TRUSTED / 2 : 1, all[0]);
            }
        });
        same(2, (one, all) -> {
            for (int i = 0; i < 4; i++) {
                read(one, TRUSTED, all);
                try (SequenceState state = all[0].step.sequence().export(); Sequence copy = one.newSequence(state)) {
                    Step step = new Step(copy, VOCABULARY);
                    one.forward(List.of(step.feed(new int[]{3}, 0, 1, Step.Logits.LAST)));
                    all[1].given.add(step.logits()[0]);
                }
            }
        });
        same(2, (one, all) -> {
            // its pages go to the next one while the device still writes there
            all[0].step.sequence().close();
            Answer other = new Answer(one, 70, 50);
            read(one, TRUSTED, other, all[1]);
            all[1].given.addAll(other.given);
        });
    }

    @Test
    void twoSetsThatTakeTurnsAreNotComputedAhead() {
        Answer first = new Answer(executor, 3, 5);
        Answer second = new Answer(executor, 4, 50);
        for (int i = 0; i < TRUSTED; i++) {
            read(executor, 1, first);
            read(executor, 1, second);
        }
        assertEquals(6, launches(() -> {
            read(executor, 1, first);
            read(executor, 1, second);
        }));
        // nothing has run ahead, so another token is one pass
        first.next = (first.next + 1) % VOCABULARY;
        assertEquals(3, launches(() -> read(executor, 1, first)));
    }

    @Test
    void withoutRoomNothingRunsAheadAndNothingFails() {
        Answer answer = new Answer(executor, KvLayout.PAGE - TRUSTED, 5);
        // pages are taken 64 at a time: others have all that are left
        List<Sequence> others = new ArrayList<>();
        for (int left = 63; left > 0;) {
            int pages = Math.min(left, 4);
            Step step = new Step(executor.newSequence(), VOCABULARY);
            executor.forward(List.of(step.feed(new int[CONTEXT], 0, pages * KvLayout.PAGE, Step.Logits.NONE)));
            others.add(step.sequence());
            left -= pages;
        }
        read(executor, TRUSTED - 1, answer);
        long allocations = faults.called(Faults.Call.ALLOC);
        faults.fail(Faults.Call.ALLOC, 1, Faults.OUT_OF_MEMORY);
        assertEquals(2, launches(() -> read(executor, 1, answer)), "the next pass has no page and is not queued");
        assertEquals(allocations + 1, faults.called(Faults.Call.ALLOC));
        others.forEach(Sequence::close);
        assertEquals(3, launches(() -> read(executor, 1, answer)), "this pass, which has room now");
    }

    @Test
    void aFailureIsToldToWhoWouldHaveUsedIt() {
        Answer answer = new Answer(executor, 3, 5);
        read(executor, TRUSTED, answer);
        faults.fail(Faults.Call.WAIT, 1, Faults.LAUNCH_FAILED);
        assertThrows(ExecutorLostException.class, () -> read(executor, 1, answer));
        assertThrows(ExecutorLostException.class, executor::newSequence);
    }

    @Test
    void aDeviceThatIsLostInAPassAheadIsTold() {
        Answer answer = new Answer(executor, 3, 5);
        read(executor, TRUSTED, answer);
        // two kernels choose for the pass that is asked for, one gives the next its token; the fourth launch is the pass ahead
        faults.fail(Faults.Call.LAUNCH, 4, Faults.LAUNCH_FAILED);
        assertThrows(ExecutorLostException.class, () -> read(executor, 1, answer));
        assertThrows(ExecutorLostException.class, executor::newSequence);
    }

    @Test
    void aFailureThatNobodyAskedForHarmsNothing() {
        same(1, (one, all) -> {
            // the mark in front of a pass ahead, the copy of its batch behind that of the choice, what gives it its tokens, its graph
            for (Failing each : List.of(new Failing(Faults.Call.EVENT, 1), new Failing(Faults.Call.COPY, 2),
                    new Failing(Faults.Call.LAUNCH, 3), new Failing(Faults.Call.LAUNCH, 4))) {
                if (one.equals(executor)) {
                    faults.fail(each.call, each.count, 1);
                }
                read(one, TRUSTED, all);
            }
        });
    }
}
