/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import dev.millrace.api.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** Values in buckets. Adding takes no lock and allocates nothing. */
final class Distribution implements Meter {

    /** From a tenth of a millisecond to two minutes, three for each power of ten. */
    private static final double[] SECONDS = {1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1, 2,
            5, 10, 20, 50, 120};
    private static final double[] NUMBERS = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};

    private final String name;
    private final String description;
    private final double[] bounds;
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    private Distribution(String name, String description, double[] bounds) {
        this.name = name;
        this.description = description;
        this.bounds = bounds;
        this.counts = new LongAdder[bounds.length + 1];
        Arrays.setAll(counts, i -> new LongAdder());
    }

    /** Times. */
    static Distribution ofSeconds(String name, String description) {
        return new Distribution(name, description, SECONDS);
    }

    /** Whole numbers from 1 on. */
    static Distribution ofNumbers(String name, String description) {
        return new Distribution(name, description, NUMBERS);
    }

    void add(double value) {
        int at = Arrays.binarySearch(bounds, value);
        counts[at < 0 ? -at - 1 : at].increment();
        sum.add(value);
    }

    void addNanos(long nanos) {
        add(nanos / 1e9);
    }

    @Override
    public void tell(Map<String, String> labels, Consumer<Metric> to) {
        List<Metric.Bucket> buckets = new ArrayList<>();
        long total = 0;
        for (int i = 0; i < counts.length; i++) {
            total += counts[i].sum();
            buckets.add(new Metric.Bucket(i < bounds.length ? bounds[i] : Double.POSITIVE_INFINITY, total));
        }
        to.accept(new Metric.Histogram(name, description, labels, buckets, sum.sum()));
    }
}
