/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Results do not depend on the order in which the threads of a block run, which the emulated device shuffles; and the barriers of
 * matrices and norms are there for a reason: without them they do. More orders are tried with {@code -Dmillrace.cuda.schedules=200}.
 */
class SchedulesTest {

    private static final int SCHEDULES = Integer.getInteger("millrace.cuda.schedules", 2);
    private static final int MOST_TRIES = 4;
    private static final int PROMPT = 34;
    private static final Set<String> TRIED = Set.of("matmul.h", "norm.cu");

    private Faults faults;

    @BeforeEach
    void needsCompiler() {
        faults = new Faults();
    }

    @AfterEach
    void allBarriers() {
        faults.drop(-1);
    }

    private static Executor load(Precision precision) {
        CudaBackend backend = Emulated.backend();
        return backend.load(SmallModels.ofAllKernels(), backend.devices().getFirst(),
                LoadOptions.of(64).withPrecision(precision).withKeyValues(KeyValueType.F16), Progress.NONE);
    }

    /** Every kernel with barriers: all logits, and the best of some. */
    private static float[] compute(Executor executor) {
        int width = SmallModels.VOCABULARY;
        List<float[]> rows = new ArrayList<>();
        int[] tokens = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            tokens[i] = (i * 37 + 11) % width;
        }
        Step step = new Step(executor.newSequence(), width);
        try (Sequence sequence = step.sequence(); Sequence fork = sequence.fork()) {
            executor.forward(List.of(step.feed(tokens, 0, PROMPT, Step.Logits.ALL)));
            rows.add(step.logits().clone());
            Step other = new Step(fork, width);
            step.feed(tokens, 0, 1, Step.Logits.BEST).best().count(20);
            executor.forward(List.of(step, other.feed(tokens, 1, 2, Step.Logits.LAST)));
            rows.add(other.logits().clone());
            float[] best = new float[40];
            for (int k = 0; k < step.best().size(); k++) {
                best[2 * k] = step.best().id(k);
                best[2 * k + 1] = step.best().logit(k);
            }
            rows.add(best);
        }
        float[] all = new float[rows.stream().mapToInt(r -> r.length).sum()];
        int at = 0;
        for (float[] row : rows) {
            System.arraycopy(row, 0, all, at, row.length);
            at += row.length;
        }
        return all;
    }

    @Test
    void theOrderOfThreadsChangesNothing() {
        for (Precision precision : Precision.values()) {
            try (Executor executor = load(precision)) {
                faults.schedule(0);
                float[] first = compute(executor);
                for (int seed = 1; seed <= SCHEDULES; seed++) {
                    faults.schedule(seed);
                    assertArrayEquals(first, compute(executor), precision + ", order " + seed);
                }
            }
        }
    }

    /** Of the others, some only keep values apart that rounding or luck makes equal here; racecheck on a device tells about those. */
    @Test
    void barriersOfMatricesAndNormsAreMissedWhereTheyAreLeftOut() {
        try (Executor executor = load(Precision.FAST)) {
            float[] expected = compute(executor);
            List<Faults.Barrier> tried = IntStream.range(0, faults.barriers()).mapToObj(faults::barrier)
                    .filter(barrier -> TRIED.contains(barrier.file())).toList();
            assertTrue(tried.size() >= 3, tried.toString());
            for (Faults.Barrier barrier : tried) {
                faults.drop(barrier.number());
                boolean noticed = false;
                for (int seed = 0; seed < MOST_TRIES && !noticed; seed++) {
                    faults.schedule(seed);
                    noticed = !Arrays.equals(expected, compute(executor));
                }
                faults.drop(-1);
                assertTrue(noticed, barrier.toString());
            }
        }
    }
}
