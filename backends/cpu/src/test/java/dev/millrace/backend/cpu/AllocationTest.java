/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.TensorType;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding allocates nothing on the heap, once it is compiled: until then each vector of the Vector API is an object. */
class AllocationTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int TOKENS = 100;
    /** Bytes a token, on average: every 64 tokens each attention layer gets a page, whose handles are on the heap. */
    private static final double BOUND = 200;
    private static final int QUIET_ROUNDS = 3;
    private static final int MOST_ROUNDS = 60;

    static Stream<Arguments> cases() {
        return Run.devices().flatMap(device -> Stream.of(
                Arguments.of(device, TensorType.Q4_0, Precision.FAST),
                Arguments.of(device, TensorType.Q4_K, Precision.FAST),
                Arguments.of(device, TensorType.Q6_K, Precision.FAST),
                Arguments.of(device, TensorType.Q8_0, Precision.FAST),
                Arguments.of(device, TensorType.F16, Precision.FAST),
                Arguments.of(device, TensorType.Q4_0, Precision.EXACT),
                Arguments.of(device, TensorType.F32, Precision.EXACT)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decodingAllocatesNothing(Device device, TensorType type, Precision precision) {
        try (Executor executor = Run.load(RandomModel.of(type), device, 2, precision)) {
            List<Long> threads = new ArrayList<>();
            threads.add(Thread.currentThread().threadId());
            Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("millrace-cpu-"))
                    .forEach(t -> threads.add(t.threadId()));
            List<Double> perToken = new ArrayList<>();
            int quiet = 0;
            while (quiet < QUIET_ROUNDS && perToken.size() < MOST_ROUNDS) {
                perToken.add((double) round(executor, threads) / TOKENS);
                quiet = perToken.getLast() < BOUND ? quiet + 1 : 0;
            }
            System.getLogger(AllocationTest.class.getName()).log(System.Logger.Level.INFO, "{0} {1} {2}: {3}",
                    device.id(), type, precision, perToken);
            assertTrue(quiet == QUIET_ROUNDS, () -> "bytes a token, round by round: " + perToken);
        }
    }

    /** Decodes one sequence and tells what all threads allocated meanwhile. */
    private static long round(Executor executor, List<Long> threads) {
        try (Sequence sequence = executor.newSequence()) {
            int[] tokens = Run.tokens(TOKENS + 2, RandomModel.VOCABULARY);
            Step step = new Step(sequence, RandomModel.VOCABULARY);
            List<Step> steps = List.of(step.feed(tokens, 0, 2, Step.Logits.LAST));
            executor.forward(steps);
            long before = allocated(threads);
            for (int i = 2; i < tokens.length; i++) {
                step.feed(tokens, i, i + 1, Step.Logits.LAST);
                executor.forward(steps);
            }
            return allocated(threads) - before;
        }
    }

    private static long allocated(List<Long> threads) {
        long sum = 0;
        for (long thread : threads) {
            sum += THREADS.getThreadAllocatedBytes(thread);
        }
        return sum;
    }
}
