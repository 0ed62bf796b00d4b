/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts durations by size. */
final class Histogram {

    private static final double[] SECONDS = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
            60, 300};

    private final AtomicLongArray buckets = new AtomicLongArray(SECONDS.length + 1);
    private final LongAdder nanos = new LongAdder();

    void add(long duration) {
        double seconds = duration / 1e9;
        int bucket = 0;
        while (bucket < SECONDS.length && seconds > SECONDS[bucket]) {
            bucket++;
        }
        buckets.incrementAndGet(bucket);
        nanos.add(duration);
    }

    /** In the text format of Prometheus. */
    void write(StringBuilder out, String name, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(" histogram\n");
        long sum = 0;
        for (int i = 0; i <= SECONDS.length; i++) {
            sum += buckets.get(i);
            String edge = i == SECONDS.length ? "+Inf" : Double.toString(SECONDS[i]);
            out.append(name).append("_bucket{le=\"").append(edge).append("\"} ").append(sum).append('\n');
        }
        out.append(name).append("_sum ").append(String.format(Locale.ROOT, "%.6f", nanos.sum() / 1e9)).append('\n');
        out.append(name).append("_count ").append(sum).append('\n');
    }
}
