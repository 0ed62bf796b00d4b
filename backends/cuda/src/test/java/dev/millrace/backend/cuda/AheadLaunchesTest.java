/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static dev.millrace.backend.cuda.LikelyAnswer.CONTEXT;
import static dev.millrace.backend.cuda.LikelyAnswer.TRUSTED;
import static dev.millrace.backend.cuda.LikelyAnswer.VOCABULARY;
import static dev.millrace.backend.cuda.LikelyAnswer.load;
import static dev.millrace.backend.cuda.LikelyAnswer.read;
import static dev.millrace.backend.cuda.LikelyAnswer.same;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When passes run ahead and when not, counted at the emulated driver, and what happens where they fail. */
class AheadLaunchesTest {

    private Faults faults;
    private Executor executor;

    @BeforeEach
    void begin() {
        faults = new Faults();
        executor = load(true);
    }

    @AfterEach
    void end() {
        faults.hurry(false);
        faults.fail(Faults.Call.ALLOC, Long.MAX_VALUE, 0);
        executor.close();
        assertEquals(0, faults.live(Faults.Call.ALLOC));
    }

    private record Failing(Faults.Call call, long count) {
    }

    /** Passes that were queued: the first is launched kernel by kernel, the others as graphs. */
    private long launches(Runnable action) {
        long before = faults.called(Faults.Call.LAUNCH);
        action.run();
        return faults.called(Faults.Call.LAUNCH) - before;
    }

    @Test
    void whatIsLikelyIsComputedBeforeItIsAskedFor() {
        LikelyAnswer answer = new LikelyAnswer(executor, 3, 5);
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
        LikelyAnswer answer = new LikelyAnswer(executor, 3, 5);
        read(executor, 1, answer);
        assertEquals(0, faults.waiting());
        read(executor, TRUSTED, answer);
        assertTrue(faults.waiting() > 0, "all that was queued is done");
    }

    @Test
    void withoutItNothingIsComputedThatWasNotAskedFor() {
        try (Executor without = load(false)) {
            LikelyAnswer answer = new LikelyAnswer(without, 3, 5);
            while (answer.step.sequence().length() < CONTEXT) {
                read(without, 1, answer);
            }
            answer.step.sequence().truncate(0);
            answer.next = 1;
            assertEquals(3, launches(() -> read(without, 1, answer)));
        }
    }

    @Test
    void twoSetsThatTakeTurnsAreNotComputedAhead() {
        LikelyAnswer first = new LikelyAnswer(executor, 3, 5);
        LikelyAnswer second = new LikelyAnswer(executor, 4, 50);
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
        LikelyAnswer answer = new LikelyAnswer(executor, KvLayout.PAGE - TRUSTED, 5);
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
        LikelyAnswer answer = new LikelyAnswer(executor, 3, 5);
        read(executor, TRUSTED, answer);
        faults.fail(Faults.Call.WAIT, 1, Faults.LAUNCH_FAILED);
        assertThrows(ExecutorLostException.class, () -> read(executor, 1, answer));
        assertThrows(ExecutorLostException.class, executor::newSequence);
    }

    @Test
    void aDeviceThatIsLostInAPassAheadIsTold() {
        LikelyAnswer answer = new LikelyAnswer(executor, 3, 5);
        read(executor, TRUSTED, answer);
        // two kernels choose for the pass that is asked for, one gives the next its token; the fourth launch is the pass ahead
        faults.fail(Faults.Call.LAUNCH, 4, Faults.LAUNCH_FAILED);
        assertThrows(ExecutorLostException.class, () -> read(executor, 1, answer));
        assertThrows(ExecutorLostException.class, executor::newSequence);
    }

    @Test
    void aFailureThatNobodyAskedForHarmsNothing() {
        AtomicBoolean ahead = new AtomicBoolean(true);
        same(1, (one, all) -> {
            boolean fails = ahead.getAndSet(false);
            // the mark in front of a pass ahead, the copy of its batch behind that of the choice, what gives it its tokens, its graph
            for (Failing each : List.of(new Failing(Faults.Call.EVENT, 1), new Failing(Faults.Call.COPY, 2),
                    new Failing(Faults.Call.LAUNCH, 3), new Failing(Faults.Call.LAUNCH, 4))) {
                if (fails) {
                    faults.fail(each.call, each.count, 1);
                }
                read(one, TRUSTED, all);
            }
        });
    }

    /** A pass ahead may end before Java has looked at the results of the one in front. */
    @Test
    void aDeviceThatIsFasterThanJavaGivesTheSameBits() {
        faults.hurry(true);
        same(2, (one, all) -> {
            read(one, 10, all);
            read(one, Step.Logits.LAST, all[1], all[0]);
            read(one, TRUSTED, all);
            all[0].next = (all[0].next + 1) % VOCABULARY;
            read(one, TRUSTED, all);
            try (Sequence fork = all[1].step.sequence().fork()) {
                Step other = new Step(fork, VOCABULARY);
                one.forward(List.of(other.feed(new int[]{3}, 0, 1, Step.Logits.LAST)));
                all[0].given.add(other.logits()[0]);
            }
            read(one, TRUSTED, all);
        });
    }
}
