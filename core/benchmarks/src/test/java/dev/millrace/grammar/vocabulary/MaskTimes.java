/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How the time of masks is spread: {@link MaskBenchmark} tells averages alone. Prints processor time of the thread, which other
 * programs disturb little.
 */
public final class MaskTimes {

    private static final int WARM = 400;
    private static final int ROUNDS = 400;

    private MaskTimes() {
    }

    /**
     * Runs it.
     *
     * @param arguments none; or a file, to which is written what is measured, for docs/benchmarks/masks.mjs
     * @throws IOException if that file cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        MaskBenchmark work = new MaskBenchmark();
        work.start();
        if (arguments.length > 0) {
            Files.writeString(Path.of(arguments[0]), work.written());
            return;
        }
        long[] masks = new long[ROUNDS * work.length()];
        long[] grammars = new long[ROUNDS];
        long[] tools = new long[ROUNDS / 4];
        for (int i = 0; i < WARM; i++) {
            work.value(masks, 0, grammars, 0);
        }
        for (int i = 0; i < ROUNDS; i++) {
            work.value(masks, i * work.length(), grammars, i);
        }
        for (int i = 0; i < WARM / 4; i++) {
            work.firstOfTools();
        }
        for (int i = 0; i < tools.length; i++) {
            long start = now();
            work.firstOfTools();
            tools[i] = now() - start;
        }
        show("masks of a value, by a grammar that is new", masks);
        show("making that grammar", grammars);
        show("67 tools: grammar and first mask", tools);
    }

    /** Processor time of this thread, in nanoseconds. */
    static long now() {
        return THREADS.getCurrentThreadCpuTime();
    }

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static void show(String what, long[] times) {
        long[] sorted = times.clone();
        Arrays.sort(sorted);
        System.out.printf(Locale.ROOT, "%-45s average %8.1f, median %8.1f, 99 %% %8.1f, most %8.1f microseconds%n",
                what,
                Arrays.stream(sorted).average().orElse(0) / 1e3, sorted[sorted.length / 2] / 1e3,
                sorted[sorted.length * 99 / 100] / 1e3, sorted[sorted.length - 1] / 1e3);
    }
}
