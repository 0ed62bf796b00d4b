/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.CONTEXT;
import static dev.millrace.tck.Bench.first;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.TensorType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** States come back bit for bit where that is declared, and are refused where it is not. */
abstract class StateTests {

    private final Bench bench;

    StateTests(Bench bench) {
        this.bench = bench;
    }

    private Executor exchanging() {
        Executor executor = bench.load();
        boolean exchanges = executor.limits().exchangesStates();
        if (!exchanges) {
            executor.close();
        }
        assumeTrue(exchanges, "limits() declares no exchange of states");
        return executor;
    }

    @Test
    void whatIsNotDeclaredIsNotOffered() {
        try (Executor executor = bench.load();
                SequenceState state = SequenceState.allocate(bench.program(), new int[1], TensorType.F32)) {
            assumeFalse(executor.limits().exchangesStates(), "limits() declares exchange of states");
            Sequence sequence = executor.newSequence();
            assertThrows(UnsupportedOperationException.class, sequence::export);
            assertThrows(UnsupportedOperationException.class, () -> executor.newSequence(state));
        }
    }

    @Test
    void statesComeBackBitForBit() {
        int[] tokens = bench.tokens(20, 12);
        int[] rest = bench.tokens(8, 13);
        try (Executor executor = exchanging(); Executor second = bench.load()) {
            for (int length : new int[]{1, 2, 3, 20}) {
                Sequence original = executor.newSequence();
                bench.feeder(executor).feed(original, first(tokens, length));
                try (SequenceState state = original.export()) {
                    assertArrayEquals(first(tokens, length), state.tokens());
                    state.check(bench.program());
                    Sequence copy = second.newSequence(state);
                    assertEquals(length, copy.length());
                    for (int token : rest) {
                        assertArrayEquals(bench.feeder(executor).feed(original, token),
                                bench.feeder(second).feed(copy, token), "logits after a move");
                    }
                    copy.close();
                }
                original.close();
            }
        }
    }

    @Test
    void forksAndWhatWasCutBackCanMove() {
        int[] tokens = bench.tokens(20, 51);
        int[] rest = bench.tokens(4, 52);
        try (Executor executor = exchanging()) {
            Feeder feeder = bench.feeder(executor);
            Sequence trunk = executor.newSequence();
            feeder.feed(trunk, tokens);
            Sequence branch = trunk.fork();
            feeder.feed(branch, rest);
            int length = trunk.truncate(19) ? 19 : 20;
            try (SequenceState cut = trunk.export(); SequenceState longer = branch.export()) {
                assertArrayEquals(first(tokens, length), cut.tokens());
                assertArrayEquals(Bench.joined(tokens, rest), longer.tokens());
                bench.assertClose(feeder.feed(trunk, rest), feeder.feed(executor.newSequence(cut), rest),
                        "a sequence that was cut back");
                bench.assertClose(feeder.feed(branch, rest), feeder.feed(executor.newSequence(longer), rest), "a fork");
            }
        }
    }

    @Test
    void emptyStatesAreStates() {
        int[] tokens = bench.tokens(5, 14);
        try (Executor executor = exchanging(); SequenceState state = executor.newSequence().export()) {
            assertEquals(0, state.length());
            bench.assertClose(bench.feeder(executor).feed(executor.newSequence(), tokens),
                    bench.feeder(executor).feed(executor.newSequence(state), tokens), "from an empty state");
        }
    }

    @Test
    void statesOfBothTypesAreTaken() {
        int[] tokens = bench.tokens(12, 15);
        for (TensorType type : List.of(TensorType.F32, TensorType.F16)) {
            try (Executor executor = exchanging();
                    SequenceState state = SequenceState.allocate(bench.program(), tokens, type)) {
                assertEquals(12, executor.newSequence(state).length());
            }
        }
    }

    @Test
    void foreignStatesAreRefused() {
        Graph other = new Graph("any", "other", bench.vocabulary(), 8, 8, List.of(new StateShape.KeyValues(1, 8)),
                List.of(new Graph.Variant("any", Path.of("any"), List.of(), 1)));
        try (Executor executor = exchanging()) {
            try (SequenceState state = SequenceState.allocate(other, new int[3], TensorType.F32)) {
                assertThrows(IllegalArgumentException.class, () -> executor.newSequence(state));
            }
            try (SequenceState state = SequenceState.allocate(bench.program(), new int[CONTEXT + 1],
                    TensorType.F32)) {
                assertThrows(IllegalArgumentException.class, () -> executor.newSequence(state));
            }
        }
    }
}
