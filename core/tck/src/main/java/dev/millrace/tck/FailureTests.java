/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.CONTEXT;
import static dev.millrace.tck.Bench.assertSentence;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.WithdrawnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A step fails alone, and a step that finds no room has changed nothing. */
abstract class FailureTests {

    private final Bench bench;

    FailureTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void aStepFailsAlone() {
        int[] tokens = bench.tokens(7, 35);
        int[] other = bench.tokens(12, 36);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            float[] expected = feeder.feed(executor.newSequence(), tokens);
            float[] expectedOther = feeder.feed(executor.newSequence(), other);
            Sequence broken = executor.newSequence();
            Sequence equal = executor.newSequence();
            Sequence longer = executor.newSequence();
            feeder.feed(broken, Bench.first(tokens, 6));
            feeder.feed(equal, Bench.first(tokens, 6));
            feeder.feed(longer, Bench.first(other, 11));
            assumeTrue(bench.contract().breaks(executor, broken),
                    "The tests of this backend cannot break a sequence: override breaks().");
            int[] last = {tokens[6]};
            Step bad = bench.step(broken, last, Step.Logits.LAST);
            Step good = bench.step(equal, last, Step.Logits.LAST);
            Step alsoGood = bench.step(longer, new int[]{other[11]}, Step.Logits.LAST);
            assertDoesNotThrow(() -> executor.forward(List.of(good, bad, alsoGood)),
                    "one step that fails is told by Step.fail, not thrown");
            assertTrue(bad.failed(), "the broken step does not say so");
            assertSentence(String.valueOf(bad.failure().map(BackendException::getMessage).orElse(null)));
            assertFalse(good.failed() || alsoGood.failed(), "a step failed with its neighbour");
            bench.assertClose(expected, bench.row(good), "beside a step that failed");
            bench.assertClose(expectedOther, bench.row(alsoGood), "beside a step that failed");
            assertThrows(IllegalStateException.class,
                    () -> executor.forward(List.of(bench.step(broken, last, Step.Logits.LAST))));
            broken.close();
            bench.assertClose(expected, feeder.feed(executor.newSequence(), tokens), "after a failure");
        }
    }

    @Test
    void whatIsWithdrawnChangesNothing() {
        int[] tokens = bench.tokens(60, 38);
        int before = 20;
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            float[] expected = feeder.feed(executor.newSequence(), tokens);
            // nobody wants it when the backend asks for the first time, for the second, and so on
            int[] rest = Arrays.copyOfRange(tokens, before, tokens.length);
            for (int patience = 0; patience < 4; patience++) {
                Sequence sequence = executor.newSequence();
                feeder.feed(sequence, Bench.first(tokens, before));
                int[] left = {patience};
                Step step = new Step(sequence, bench.vocabulary()).withdrawnWhen(() -> left[0]-- <= 0)
                        .feed(tokens, before, tokens.length, Step.Logits.LAST);
                executor.forward(List.of(step));
                if (!step.failed()) {
                    bench.assertClose(expected, bench.row(step), "computed to the end");
                    continue;
                }
                assertInstanceOf(WithdrawnException.class, step.failure().orElseThrow());
                assertEquals(before, sequence.length(), "tokens after a step that nobody wanted");
                bench.assertClose(expected, feeder.feed(sequence, rest), "after a step that nobody wanted");
                sequence.close();
            }
        }
    }

    @Test
    void whoFindsNoRoomHasLostNothing() {
        Optional<Executor> cramped = bench.contract().cramped();
        assumeTrue(cramped.isPresent(), "The tests of this backend know no bound of its room: override cramped().");
        try (Executor executor = cramped.orElseThrow()) {
            int[] tokens = bench.tokens(CONTEXT, 37);
            Feeder feeder = bench.feeder(executor);
            Sequence alone = executor.newSequence();
            float[][] expected = new float[CONTEXT][];
            for (int i = 0; i < CONTEXT; i++) {
                expected[i] = feeder.feed(alone, tokens[i]);
            }
            alone.close();
            // sequences read token by token, together, until one of them finds no room
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                try {
                    steps.add(new Step(executor.newSequence(), bench.vocabulary()));
                } catch (OutOfRoomException e) {
                    break;
                }
            }
            assertTrue(steps.size() > 1, "a cramped executor still has room for two sequences");
            for (int at = 0; at < CONTEXT && steps.stream().noneMatch(Step::failed); at++) {
                for (Step step : steps) {
                    step.feed(tokens, at, at + 1, Step.Logits.LAST);
                }
                executor.forward(steps);
                for (Step step : steps) {
                    int length = step.sequence().length();
                    assertEquals(step.failed() ? at : at + 1, length,
                            "tokens of a sequence after a forward in which some found no room");
                    if (step.failed()) {
                        assertInstanceOf(OutOfRoomException.class, step.failure().orElseThrow());
                    } else {
                        bench.assertClose(expected[at], bench.row(step), "token " + at + " beside others");
                    }
                }
            }
            Step waiting = steps.stream().filter(Step::failed).findFirst()
                    .orElseThrow(() -> new AssertionError("cramped() gave an executor whose room was never used up."));
            int at = waiting.sequence().length();
            steps.stream().filter(step -> step != waiting).forEach(step -> step.sequence().close());
            waiting.feed(tokens, at, at + 1, Step.Logits.LAST);
            executor.forward(List.of(waiting));
            assertFalse(waiting.failed(), "there is room again, and the step still fails");
            bench.assertClose(expected[at], bench.row(waiting), "after waiting for room");
        }
    }
}
