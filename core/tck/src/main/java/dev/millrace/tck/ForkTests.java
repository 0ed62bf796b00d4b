/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static dev.millrace.tck.Bench.joined;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A fork continues by itself, and costs little where that is declared. */
abstract class ForkTests {

    private static final int LONG = 512;
    private static final long MEASURABLE = 48L << 20;

    private final Bench bench;

    ForkTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void forksGoTheirOwnWays() {
        int[] start = bench.tokens(10, 9);
        int[] left = bench.tokens(6, 10);
        int[] right = bench.tokens(6, 11);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            Sequence trunk = executor.newSequence();
            feeder.feed(trunk, start);
            Sequence branch = trunk.fork();
            assertEquals(10, branch.length());
            float[] a = feeder.feed(trunk, left);
            float[] b = feeder.feed(branch, right);
            float[] again = feeder.feed(trunk, right);
            trunk.close();
            float[] later = feeder.feed(branch, left);
            bench.assertClose(feeder.feed(executor.newSequence(), joined(start, left)), a, "trunk");
            bench.assertClose(feeder.feed(executor.newSequence(), joined(start, right)), b, "branch");
            bench.assertClose(feeder.feed(executor.newSequence(), joined(joined(start, left), right)), again,
                    "trunk after its branch has read something else");
            bench.assertClose(feeder.feed(executor.newSequence(), joined(joined(start, right), left)), later,
                    "branch without its trunk");
        }
    }

    @Test
    void emptySequencesCanBeForked() {
        int[] tokens = bench.tokens(5, 49);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            Sequence fork = executor.newSequence().fork();
            bench.assertClose(feeder.feed(executor.newSequence(), tokens), feeder.feed(fork, tokens),
                    "a fork of nothing");
        }
    }

    @Test
    void forksShareMemoryWhereDeclared() throws IOException {
        LoadOptions options = bench.options().withContext(LONG);
        long each = bytes(options) - bytes(options.withContext(1));
        try (Executor executor = bench.load(options)) {
            assumeTrue(executor.limits().sharesForks(), "limits() declares no shared forks");
            assumeTrue(each > 0, "fit() tells no size of a sequence");
            int count = (int) Math.min(executor.limits().sequences() - 1, 1 + MEASURABLE / each);
            assumeTrue(count * each >= MEASURABLE, "too few sequences to be seen in the process's memory");
            Sequence trunk = executor.newSequence();
            bench.read(executor, trunk, bench.tokens(LONG - 1, 50));
            List<Sequence> forks = new ArrayList<>();
            forks.add(trunk.fork());
            long grown;
            try (Arena taken = Arena.ofConfined()) {
                // what was freed before stays with the process: copies that find room there would not be seen
                for (int i = 0; i < 2 * count; i++) {
                    taken.allocate(each);
                }
                // nor would they if the Java heap became smaller meanwhile
                System.gc();
                long before = ProcessProbe.memory();
                for (int i = 1; i < count; i++) {
                    forks.add(trunk.fork());
                }
                grown = ProcessProbe.memory() - before;
            }
            assertTrue(grown < count * each / 2, () -> count + " forks took " + grown
                    + " bytes; copies of the sequence would take " + count * each + ".");
            forks.forEach(Sequence::close);
        }
    }

    private long bytes(LoadOptions options) {
        return assertInstanceOf(Fit.Good.class, bench.backend().fit(bench.program(), bench.device(), options)).bytes();
    }
}
