/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
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
     * @param arguments none
     */
    public static void main(String[] arguments) {
        MaskBenchmark work = new MaskBenchmark();
        work.start();
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : ROUNDS;
        long[] masks = new long[rounds * work.length()];
        long[] grammars = new long[rounds];
        long[] tools = new long[rounds / 4];
        for (int i = 0; i < WARM; i++) {
            work.value(masks, 0, grammars, 0);
        }
        for (int i = 0; i < rounds; i++) {
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
