/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Results do not depend on the order in which the threads of a block run, which the emulated device shuffles; and the barriers of
 * matrices, norms, convolutions and attention are there for a reason: without them they do. More orders are tried with {@code -Dmillrace.cuda.schedules=200}.
 */
class SchedulesTest {

    private static final int SCHEDULES = Integer.getInteger("millrace.cuda.schedules", 2);
    private static final int MOST_TRIES = 4;
    private static final Set<String> TRIED = Set.of("matmul.h", "norm.h", "fused.h", "flash.cu");

    private Faults faults;

    @BeforeEach
    void needsCompiler() {
        faults = new Faults();
    }

    @AfterEach
    void allBarriers() {
        faults.drop(-1);
    }

    @Test
    void theOrderOfThreadsChangesNothing() {
        for (Precision precision : Precision.values()) {
            try (Executor executor = AllKernels.load(precision)) {
                faults.schedule(0);
                float[] first = AllKernels.compute(executor);
                for (int seed = 1; seed <= SCHEDULES; seed++) {
                    faults.schedule(seed);
                    assertArrayEquals(first, AllKernels.compute(executor), precision + ", order " + seed);
                }
            }
        }
    }

    /** Of the others, some only keep values apart that rounding or luck makes equal here; racecheck on a device tells about those. */
    @Test
    void barriersOfMatricesNormsAndAttentionAreMissedWhereTheyAreLeftOut() {
        try (Executor executor = AllKernels.load(Precision.FAST)) {
            float[] expected = AllKernels.compute(executor);
            List<Faults.Barrier> tried = IntStream.range(0, faults.barriers()).mapToObj(faults::barrier)
                    .filter(barrier -> TRIED.contains(barrier.file())).toList();
            assertEquals(TRIED, tried.stream().map(Faults.Barrier::file).collect(Collectors.toSet()));
            for (Faults.Barrier barrier : tried) {
                faults.drop(barrier.number());
                boolean noticed = false;
                for (int seed = 0; seed < MOST_TRIES && !noticed; seed++) {
                    faults.schedule(seed);
                    noticed = !Arrays.equals(expected, AllKernels.compute(executor));
                }
                faults.drop(-1);
                assertTrue(noticed, barrier.toString());
            }
        }
    }
}
