/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Best;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The largest logits are those of the full row, with masks and penalties, whoever chooses them. */
abstract class BestTests {

    private static final float NONE = Float.NEGATIVE_INFINITY;

    private final Bench bench;

    BestTests(Bench bench) {
        this.bench = bench;
    }

    /** Compares what was given with a row after penalties; what is not allowed is minus infinity in it. */
    private void check(float[] row, Best best, String what) {
        double tolerance = bench.contract().tolerance();
        int possible = (int) IntStream.range(0, row.length).filter(id -> row[id] > NONE).count();
        assertEquals(Math.min(best.count(), possible), best.size(), () -> what + ": logits given");
        Set<Integer> seen = new HashSet<>();
        float last = Float.POSITIVE_INFINITY;
        for (int rank = 0; rank < best.size(); rank++) {
            int at = rank;
            int id = best.id(rank);
            float logit = best.logit(rank);
            assertTrue(seen.add(id), () -> what + ": token " + id + " is given twice");
            assertTrue(row[id] > NONE, () -> what + ": token " + id + " is not allowed");
            assertEquals(row[id], logit, tolerance, () -> what + ": logit of token " + id);
            float before = last;
            assertTrue(logit <= before, () -> what + ": rank " + at + " is larger than the one before");
            assertTrue(logit < before || best.id(at - 1) < id,
                    () -> what + ": of equal logits the lower id comes first, at rank " + at);
            last = logit;
        }
        for (int id = 0; id < row.length && best.size() == best.count(); id++) {
            int token = id;
            float least = last;
            assertTrue(seen.contains(id) || !(row[id] > least + tolerance),
                    () -> what + ": token " + token + " is larger than what was given");
        }
        double sum = 0;
        for (float logit : row) {
            sum += Math.exp(logit);
        }
        assertEquals(Math.log(sum), best.logSum(), tolerance, () -> what + ": logarithm of the sum");
    }

    private float[] masked(float[] row, long @Nullable [] mask) {
        float[] masked = row.clone();
        for (int id = 0; id < row.length && mask != null; id++) {
            if ((mask[id / 64] & 1L << id) == 0) {
                masked[id] = NONE;
            }
        }
        return masked;
    }

    @Test
    void theyAreThoseOfTheFullRow() {
        int[] tokens = bench.tokens(9, 53);
        try (Executor executor = bench.load()) {
            float[] row = bench.feeder(executor).feed(executor.newSequence(), tokens);
            Step step = new Step(executor.newSequence(), bench.vocabulary());
            for (int count : new int[]{1, 2, 40, bench.vocabulary(), 3}) {
                step.sequence().truncate(0);
                step.best().count(count);
                executor.forward(List.of(step.feed(tokens, 0, tokens.length, Step.Logits.BEST)));
                check(row, step.best(), count + " of the row");
            }
        }
    }

    @Test
    void masksAndPenaltiesAreKept() {
        int[] tokens = bench.tokens(9, 54);
        int vocabulary = bench.vocabulary();
        try (Executor executor = bench.load()) {
            float[] row = bench.feeder(executor).feed(executor.newSequence(), tokens);
            int top = Feeder.best(row);
            int low = IntStream.range(0, vocabulary).boxed().min((a, b) -> Float.compare(row[a], row[b])).orElseThrow();
            long[] most = new long[(vocabulary + 63) / 64];
            Arrays.fill(most, -1);
            most[top / 64] &= ~(1L << top);
            long[] one = new long[most.length];
            one[low / 64] |= 1L << low;
            int[] penalised = top == low ? new int[]{top} : new int[]{top, low};
            float[] factors = {1.5f, 2};
            float[] offsets = {0.25f, -60};
            Step step = new Step(executor.newSequence(), vocabulary);
            for (long[] mask : new long[][]{null, most, one, new long[most.length], null}) {
                for (int many : new int[]{0, 1, penalised.length}) {
                    float[] expected = row.clone();
                    for (int i = 0; i < many; i++) {
                        float logit = row[penalised[i]];
                        expected[penalised[i]] = (logit > 0 ? logit / factors[i] : logit * factors[i]) - offsets[i];
                    }
                    step.sequence().truncate(0);
                    step.best().count(7).allow(mask).penalise(penalised, factors, offsets, many);
                    executor.forward(List.of(step.feed(tokens, 0, tokens.length, Step.Logits.BEST)));
                    check(masked(expected, mask), step.best(), "with a mask of "
                            + (mask == null ? "all" : Arrays.stream(mask).map(Long::bitCount).sum()) + " and " + many
                            + " penalties");
                }
            }
        }
    }

    @Test
    void stepsOfAllKindsShareAPass() {
        int[] tokens = bench.tokens(6, 55);
        try (Executor executor = bench.load()) {
            float[] row = bench.feeder(executor).feed(executor.newSequence(), tokens);
            List<Step> steps = new ArrayList<>();
            for (Step.Logits wanted : Step.Logits.values()) {
                Step step = new Step(executor.newSequence(), bench.vocabulary());
                step.best().count(5);
                steps.add(step.feed(tokens, 0, tokens.length, wanted));
            }
            executor.forward(steps);
            for (Step step : steps) {
                if (step.wanted() == Step.Logits.BEST) {
                    check(row, step.best(), "beside others");
                } else if (step.wanted() == Step.Logits.LAST) {
                    bench.assertClose(row, bench.row(step), "beside a step with the best");
                }
            }
        }
    }

    @Test
    void equalLogitsComeInTheOrderOfTheirIds() {
        List<Integer> zeros = List.of(3, 64, 65, 90, 159);
        Blueprint model = new FeatureModels(5).ties(zeros);
        assumeTrue(bench.backend().features().containsAll(model.features()),
                () -> "not declared: " + model.features());
        int[] tokens = {1, 2, 3};
        try (Executor executor = bench.backend().load(model, bench.device(), bench.options(), Progress.NONE)) {
            Step step = new Step(executor.newSequence(), model.vocabularySize());
            long[] mask = new long[3];
            for (int id : zeros) {
                mask[id / 64] |= 1L << id;
            }
            step.best().count(4).allow(mask);
            executor.forward(List.of(step.feed(tokens, 0, 3, Step.Logits.BEST)));
            assertEquals(zeros.subList(0, 4), IntStream.range(0, 4).mapToObj(step.best()::id).toList());
            assertEquals(Math.log(zeros.size()), step.best().logSum(), bench.contract().tolerance());
        }
    }
}
