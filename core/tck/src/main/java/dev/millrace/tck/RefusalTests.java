/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.CONTEXT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Steps that cannot be computed are refused before anything is changed: {@link dev.millrace.spi.backend.StepCheck} does most of it. */
abstract class RefusalTests {

    private final Bench bench;

    RefusalTests(Bench bench) {
        this.bench = bench;
    }

    private void refuses(Executor executor, String what, Step... steps) {
        assertThrows(IllegalArgumentException.class, () -> executor.forward(List.of(steps)),
                () -> "forward takes " + what + "; call StepCheck first.");
    }

    @Test
    void wrongStepsChangeNothing() {
        int[] tokens = bench.tokens(6, 16);
        try (Executor executor = bench.load(); Executor other = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            float[] expected = feeder.feed(executor.newSequence(), tokens);
            Sequence sequence = executor.newSequence();
            Sequence good = executor.newSequence();
            Step fine = bench.step(good, tokens, Step.Logits.LAST);
            feeder.feed(sequence, Bench.first(tokens, 5));
            refuses(executor, "a token above the vocabulary", fine,
                    bench.step(sequence, new int[]{1, bench.vocabulary()}, Step.Logits.LAST));
            refuses(executor, "a negative token", fine, bench.step(sequence, new int[]{1, -1}, Step.Logits.LAST));
            refuses(executor, "more tokens than the context has room for", fine,
                    bench.step(sequence, new int[CONTEXT - 4], Step.Logits.NONE));
            refuses(executor, "a step for another vocabulary", fine,
                    new Step(sequence, bench.vocabulary() + 1).feed(tokens, 0, 1, Step.Logits.LAST));
            refuses(executor, "a step without tokens", fine, new Step(sequence, bench.vocabulary()));
            Step step = bench.step(sequence, new int[]{1}, Step.Logits.LAST);
            refuses(executor, "two steps of one sequence", step, fine, step);
            refuses(executor, "a sequence of another executor", step,
                    bench.step(other.newSequence(), new int[]{1}, Step.Logits.LAST));
            assertEquals(5, sequence.length(), "a refused step was read");
            assertEquals(0, good.length(), "a step beside a refused one was read");
            bench.assertClose(expected, feeder.feed(sequence, tokens[5]), "after refusals");
            bench.assertClose(expected, feeder.feed(good, tokens), "beside refusals");
        }
    }

    @Test
    void closedSequencesAreRefused() {
        int[] tokens = bench.tokens(3, 32);
        try (Executor executor = bench.load()) {
            Sequence closed = executor.newSequence();
            Sequence good = executor.newSequence();
            closed.close();
            assertThrows(IllegalStateException.class,
                    () -> executor.forward(List.of(bench.step(good, tokens, Step.Logits.LAST),
                            bench.step(closed, tokens, Step.Logits.LAST))));
            assertEquals(0, good.length(), "a step beside a refused one was read");
            assertThrows(IllegalStateException.class, closed::fork);
            assertThrows(IllegalStateException.class, () -> closed.truncate(0));
        }
    }

    @Test
    void noStepsAreFine() {
        try (Executor executor = bench.load()) {
            executor.forward(List.of());
        }
    }

    @Test
    void contextCanBeFilledToTheEnd() {
        try (Executor executor = bench.load()) {
            Sequence sequence = executor.newSequence();
            bench.read(executor, sequence, bench.tokens(CONTEXT - 1, 17));
            bench.feeder(executor).feed(sequence, 1);
            assertEquals(CONTEXT, sequence.length());
            refuses(executor, "a token beyond the context", bench.step(sequence, new int[]{1}, Step.Logits.LAST));
        }
    }
}
