/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Sequence;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** After closing nothing is left: no thread, no memory. */
abstract class CloseTests {

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
        long settled = 0;
        for (int round = 0; round < 24; round++) {
            try (Executor executor = bench.load()) {
                Sequence sequence = executor.newSequence();
                bench.feeder(executor).feed(sequence, bench.tokens(30, round));
                sequence.fork();
            }
            if (round == 7) {
                System.gc();
                settled = ProcessProbe.memory();
            }
        }
        System.gc();
        long grown = ProcessProbe.memory() - settled;
        // a leak of the model would make 16 of it; the Java heap may have grown meanwhile
        assertTrue(grown < 8 * model, () -> "16 rounds took " + grown + " bytes, a model has " + model);
    }
}
