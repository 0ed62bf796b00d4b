/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An executor takes as much as it says, refuses more, and works without garbage. */
abstract class LimitTests {

    /** More than this is not tried. */
    private static final int MOST_TOKENS = 4096;
    private static final int MOST_SEQUENCES = 512;

    /** Rounds at most: the compiler may come late on a busy machine. */
    private static final int ROUNDS = 100;
    /** Where a sequence begins anew. */
    private static final int LONGEST = 600;
    private static final int FIRST_COUNTED = 400;
    private static final int AT_ONCE = 8;
    private static final int PROMPT = 64;

    private final Bench bench;

    LimitTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void limitsStayTheSame() {
        try (Executor executor = bench.load()) {
            String before = executor.limits().toString();
            bench.feeder(executor).feed(executor.newSequence(), bench.tokens(7, 33));
            assertEquals(before, executor.limits().toString(), "limits() stays the same for the executor's whole life");
        }
    }

    /** Steps with so many tokens together. */
    private List<Step> steps(Executor executor, int tokens) {
        List<Step> steps = new ArrayList<>();
        for (int left = tokens; left > 0; left -= CONTEXT) {
            steps.add(bench.step(executor.newSequence(), bench.tokens(Math.min(left, CONTEXT), steps.size()),
                    Step.Logits.NONE));
        }
        return steps;
    }

    @Test
    void batchesAreTakenToTheLimitAndRefusedAboveIt() {
        try (Executor executor = bench.load()) {
            Limits limits = executor.limits();
            assumeTrue(limits.batchTokens() <= MOST_TOKENS && limits.batchTokens() / CONTEXT + 1 <= limits.sequences(),
                    () -> "a batch of " + limits.batchTokens() + " tokens is not tried");
            List<Step> most = steps(executor, limits.batchTokens());
            executor.forward(most);
            int read = most.stream().mapToInt(step -> step.sequence().length()).sum();
            assertEquals(limits.batchTokens(), read, "tokens of a full batch that were read");
            most.forEach(step -> step.sequence().close());
            List<Step> more = steps(executor, limits.batchTokens() + 1);
            assertThrows(IllegalArgumentException.class, () -> executor.forward(more),
                    () -> "forward takes more than the " + limits.batchTokens()
                            + " tokens of limits(): call StepCheck.");
            assertTrue(more.stream().allMatch(step -> step.sequence().length() == 0), "a refused batch was read");
        }
    }

    @Test
    void oneSequenceMoreThanTheLimitFindsNoRoom() {
        try (Executor executor = bench.load()) {
            int most = executor.limits().sequences();
            assumeTrue(most <= MOST_SEQUENCES, () -> most + " sequences are not tried");
            List<Sequence> all = new ArrayList<>();
            for (int i = 0; i < most; i++) {
                all.add(executor.newSequence());
            }
            assertThrows(OutOfRoomException.class, executor::newSequence,
                    () -> "newSequence opens more than the " + most + " sequences of limits()");
            assertThrows(OutOfRoomException.class, () -> all.getFirst().fork(),
                    () -> "fork opens more than the " + most + " sequences of limits()");
            all.getLast().close();
            assertEquals(0, executor.newSequence().length(), "a closed sequence gives its place back");
        }
    }

    @Test
    void nothingIsAllocatedPerToken() {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "this JVM does not count allocations");
        int[] token = bench.tokens(1, 34);
        try (Executor executor = bench.load(bench.options().withContext(LONGEST))) {
            Step step = new Step(executor.newSequence(), bench.vocabulary());
            List<Step> steps = List.of(step);
            readUpTo(executor, step);
            assertFrugal(25, 0, "reads one token", () -> {
                if (step.sequence().length() == LONGEST) {
                    step.sequence().truncate(0);
                    readUpTo(executor, step);
                }
                step.feed(token, 0, 1, Step.Logits.LAST);
                executor.forward(steps);
            });
            step.sequence().close();
            assertSeveralAreFrugal(executor, token);
            assertPromptsAreFrugal(executor);
        }
    }

    /** Reads what is not counted: what a backend allocates for long sequences alone is to be seen, too. */
    private void readUpTo(Executor executor, Step step) {
        int[] prompt = bench.tokens(FIRST_COUNTED, 36);
        int most = executor.limits().batchTokens();
        for (int from = 0; from < FIRST_COUNTED; from += most) {
            step.feed(prompt, from, Math.min(FIRST_COUNTED, from + most), Step.Logits.NONE);
            executor.forward(List.of(step));
        }
    }

    private static void beginAnew(Step step) {
        if (step.sequence().length() == LONGEST) {
            step.sequence().truncate(0);
        }
    }

    private void assertSeveralAreFrugal(Executor executor, int[] token) {
        int most = Math.min(executor.limits().sequences(), executor.limits().batchTokens());
        List<Step> several = new ArrayList<>();
        for (int i = 0; i < Math.min(AT_ONCE, most); i++) {
            several.add(new Step(executor.newSequence(), bench.vocabulary()));
        }
        assertFrugal(5, 0, "reads a token of each of " + several.size() + " sequences", () -> {
            for (int i = 0; i < several.size(); i++) {
                beginAnew(several.get(i));
                several.get(i).feed(token, 0, 1, Step.Logits.LAST);
            }
            executor.forward(several);
        });
        several.forEach(step -> step.sequence().close());
    }

    private void assertPromptsAreFrugal(Executor executor) {
        int[] prompt = bench.tokens(Math.min(PROMPT, executor.limits().batchTokens()), 35);
        Step step = new Step(executor.newSequence(), bench.vocabulary());
        List<Step> steps = List.of(step);
        assertFrugal(2, prompt.length, "reads a prompt of " + prompt.length + " tokens", () -> {
            step.sequence().truncate(0);
            step.feed(prompt, 0, prompt.length, Step.Logits.LAST);
            executor.forward(steps);
        });
        step.sequence().close();
    }

    /**
     * Does something in rounds until one of them allocates no more than is allowed: none does before it is compiled, and the virtual
     * machine itself allocates now and then. So it ends as soon as the compiler has been there.
     */
    private void assertFrugal(int times, int promptTokens, String what, Runnable forward) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allowed = bench.contract().allocation() * (1 + promptTokens / Bench.PROMPT_TOKENS);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS && least / times > allowed; round++) {
            long before = threads.getTotalThreadAllocatedBytes();
            for (int i = 0; i < times; i++) {
                forward.run();
            }
            least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
        }
        long each = least / times;
        assertTrue(each <= allowed,
                () -> "forward allocates " + each + " bytes on the Java heap each time that it " + what
                        + ", in steady state; " + allowed + " are allowed: keep buffers with the executor.");
    }
}
