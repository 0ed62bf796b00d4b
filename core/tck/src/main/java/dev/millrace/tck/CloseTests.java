/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Sequence;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** After closing nothing is left: no thread, no memory. */
abstract class CloseTests {

    private static final int ROUNDS = 16;
    private static final int ATTEMPTS = 6;

    private final Bench bench;

    CloseTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void closingTwiceDoesNothing() {
        Executor executor = bench.load();
        Sequence closed = executor.newSequence();
        Sequence open = executor.newSequence();
        bench.feeder(executor).feed(closed, bench.tokens(3, 18));
        closed.close();
        closed.close();
        bench.feeder(executor).feed(open, bench.tokens(3, 19));
        executor.close();
        executor.close();
        open.close();
        assertThrows(IllegalStateException.class, executor::newSequence);
        assertThrows(IllegalStateException.class, () -> bench.feeder(executor).feed(open, 1));
    }

    @Test
    void threadsEndWithTheExecutor() throws IOException {
        bench.load().close();
        Map<String, String> before = ProcessProbe.threads();
        Executor executor = bench.load();
        bench.feeder(executor).feed(executor.newSequence(), bench.tokens(20, 20));
        executor.close();
        ProcessProbe.assertNoMoreThreads(before);
    }

    @Test
    void memoryComesBack() throws IOException {
        long model = assertInstanceOf(Fit.Good.class,
                bench.backend().fit(bench.program(), bench.device(), bench.options())).bytes();
        rounds(8);
        long before = settled();
        long grown = 0;
        // a leak of the model takes sixteen of it each time; the Java heap, which counts too, grows at most a few times
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            rounds(ROUNDS);
            long after = settled();
            grown = after - before;
            if (grown < ROUNDS / 2 * model) {
                return;
            }
            before = after;
        }
        fail(ROUNDS + " rounds took " + grown + " bytes again and again, a model has " + model);
    }

    private void rounds(int number) {
        for (int round = 0; round < number; round++) {
            try (Executor executor = bench.load()) {
                Sequence sequence = executor.newSequence();
                bench.feeder(executor).feed(sequence, bench.tokens(30, round));
                sequence.fork();
            }
        }
    }

    private static long settled() throws IOException {
        System.gc();
        return ProcessProbe.memory();
    }
}
