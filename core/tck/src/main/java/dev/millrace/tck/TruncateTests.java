/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.first;
import static dev.millrace.tck.Bench.joined;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A sequence that was cut back is one that has never read the rest; one that cannot be cut back is as it was. */
abstract class TruncateTests {

    private static final int LENGTH = 40;

    private final Bench bench;

    TruncateTests(Bench bench) {
        this.bench = bench;
    }

    /** Cuts, and checks what has become of the sequence by what it says next. */
    private void cut(Executor executor, Sequence sequence, int[] read, int kept, boolean certain) {
        boolean done = sequence.truncate(kept);
        assertTrue(done || !certain, () -> "truncate says that " + (read.length - kept) + " of " + read.length
                + " tokens cannot be cut, against " + executor.limits() + ".");
        int length = done ? kept : read.length;
        assertEquals(length, sequence.length(), () -> "length after truncate(" + kept + ") said " + done);
        int[] next = bench.tokens(3, 38);
        Feeder feeder = bench.feeder(executor);
        float[] expected = feeder.feed(executor.newSequence(), joined(first(read, length), next));
        bench.assertClose(expected, feeder.feed(sequence, next),
                "after truncate(" + kept + ") of " + read.length + " tokens, which said " + done);
    }

    @Test
    void anyLengthIsDoneOrChangesNothing() {
        int[] tokens = bench.tokens(LENGTH, 39);
        try (Executor executor = bench.load()) {
            int rollback = executor.limits().rollback();
            for (int kept : new int[]{0, 1, 2, 17, LENGTH - 5, LENGTH - 2, LENGTH - 1, LENGTH}) {
                Sequence sequence = executor.newSequence();
                bench.read(executor, sequence, tokens);
                cut(executor, sequence, tokens, kept, kept == 0 || LENGTH - kept <= rollback);
                sequence.close();
            }
        }
    }

    @Test
    void answersCanBeTakenBackTokenByToken() {
        int[] tokens = bench.tokens(12, 40);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            Sequence sequence = executor.newSequence();
            feeder.feed(sequence, tokens);
            for (int round = 1; round <= 5; round++) {
                int draft = Math.min(round, executor.limits().rollback());
                for (int token : bench.tokens(draft, 41 + round)) {
                    feeder.feed(sequence, token);
                }
                assertTrue(sequence.truncate(tokens.length), () -> draft + " tokens, fed one by one, cannot be cut");
            }
            cut(executor, sequence, tokens, tokens.length, true);
        }
    }

    @Test
    void cutsInARowCountFromTheGreatestLength() {
        int[] tokens = bench.tokens(LENGTH, 44);
        try (Executor executor = bench.load()) {
            int rollback = Math.min(executor.limits().rollback(), 4);
            Sequence sequence = executor.newSequence();
            bench.read(executor, sequence, tokens);
            for (int kept = LENGTH - 1; kept >= LENGTH - rollback; kept--) {
                int to = kept;
                assertTrue(sequence.truncate(kept), () -> "a cut from " + (to + 1) + " to " + to + " of " + LENGTH
                        + " tokens cannot be cut, against " + executor.limits() + ".");
            }
            int length = sequence.length();
            // empty again, it is a new one
            cut(executor, sequence, first(tokens, length), 0, true);
            sequence.truncate(0);
            bench.read(executor, sequence, tokens);
            cut(executor, sequence, tokens, LENGTH - Math.min(rollback, 1), true);
        }
    }

    /** What speculation rests on: guesses are read with the token before them, and those that were wrong are cut off. */
    @Test
    void guessesGiveTheBitsOfTokensFedAlone() {
        int[] tokens = bench.tokens(LENGTH, 50);
        int begun = 12;
        try (Executor executor = bench.load()) {
            assumeTrue(executor.limits().sameBits(), "limits() do not say that bits are the same");
            int most = Math.min(executor.limits().rollback(), 7);
            Feeder feeder = bench.feeder(executor);
            Sequence alone = executor.newSequence();
            Sequence guessing = executor.newSequence();
            feeder.feed(alone, first(tokens, begun));
            feeder.feed(guessing, first(tokens, begun));
            int from = begun;
            for (int guesses = 0; guesses <= most && from + guesses < LENGTH; guesses++) {
                int right = guesses / 2;
                int[] fed = Arrays.copyOfRange(tokens, from, from + 1 + guesses);
                for (int i = right + 1; i <= guesses; i++) {
                    fed[i] = fed[i] == 0 ? 1 : 0;
                }
                float[][] rows = feeder.feedAll(guessing, fed);
                for (int i = 0; i <= right; i++) {
                    int at = i;
                    int count = fed.length;
                    assertArrayEquals(feeder.feed(alone, tokens[from + i]), rows[i],
                            () -> "token " + at + " of " + count
                                    + " that are fed together has other bits than alone, against " + executor.limits());
                }
                from += 1 + right;
                assertTrue(guessing.truncate(from));
            }
        }
    }

    @Test
    void forksAreCutByThemselves() {
        int[] tokens = bench.tokens(LENGTH, 47);
        try (Executor executor = bench.load()) {
            Sequence trunk = executor.newSequence();
            bench.read(executor, trunk, tokens);
            for (int kept : new int[]{0, LENGTH - 1}) {
                Sequence branch = trunk.fork();
                cut(executor, branch, tokens, kept,
                        kept == 0 || LENGTH - kept <= executor.limits().rollback());
                branch.close();
            }
            cut(executor, trunk, tokens, LENGTH, true);
        }
    }

    @Test
    void lengthsOutsideTheSequenceAreRefused() {
        int[] tokens = bench.tokens(9, 48);
        try (Executor executor = bench.load()) {
            Sequence sequence = executor.newSequence();
            bench.read(executor, sequence, tokens);
            assertThrows(IndexOutOfBoundsException.class, () -> sequence.truncate(-1));
            assertThrows(IndexOutOfBoundsException.class, () -> sequence.truncate(10));
            cut(executor, sequence, tokens, 9, true);
        }
    }
}
