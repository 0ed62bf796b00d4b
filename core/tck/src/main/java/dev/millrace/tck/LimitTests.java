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

    private static final int WARM_UP = 700;
    private static final int MEASURED = 200;

    private final Bench bench;

    LimitTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void limitsStayTheSame() {
        try (Executor executor = bench.load()) {
            String before = executor.limits().toString();
            bench.feeder(executor).feed(executor.newSequence(), bench.tokens(7, 33));
            assertEquals(before, executor.limits().toString());
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
            assertThrows(OutOfRoomException.class, executor::newSequence);
            assertThrows(OutOfRoomException.class, () -> all.getFirst().fork());
            all.getLast().close();
            assertEquals(0, executor.newSequence().length(), "a closed sequence gives its place back");
        }
    }

    @Test
    void nothingIsAllocatedPerToken() {
        assumeTrue(ManagementFactory.getThreadMXBean() instanceof ThreadMXBean, "this JVM does not count allocations");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Executor executor = bench.load(bench.options().withContext(WARM_UP + MEASURED + 8))) {
            Step step = new Step(executor.newSequence(), bench.vocabulary());
            List<Step> steps = List.of(step);
            int[] token = bench.tokens(1, 34);
            for (int i = 0; i < WARM_UP; i++) {
                step.feed(token, 0, 1, Step.Logits.LAST);
                executor.forward(steps);
            }
            // the virtual machine itself allocates now and then, so the quietest of some rounds counts
            long least = Long.MAX_VALUE;
            int rounds = 4;
            for (int round = 0; round < rounds; round++) {
                long before = threads.getTotalThreadAllocatedBytes();
                for (int i = 0; i < MEASURED / rounds; i++) {
                    step.feed(token, 0, 1, Step.Logits.LAST);
                    executor.forward(steps);
                }
                least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
            }
            long each = least / (MEASURED / rounds);
            assertTrue(each <= bench.contract().allocation(), () -> "forward allocates " + each
                    + " bytes per call on the Java heap in steady state, " + bench.contract().allocation()
                    + " are allowed.");
        }
    }
}
