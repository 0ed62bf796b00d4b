/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricTest {

    private static Metric.Histogram histogram(Metric.Bucket... buckets) {
        return new Metric.Histogram("some_seconds", "Some.", Map.of(), List.of(buckets), 1);
    }

    @Test
    void aQuantileLiesInItsBucket() {
        Metric.Histogram times = histogram(new Metric.Bucket(1, 0), new Metric.Bucket(2, 50), new Metric.Bucket(4, 90),
                new Metric.Bucket(Double.POSITIVE_INFINITY, 100));
        assertEquals(100, times.count());
        assertEquals(2, times.quantile(0.5), 1e-9);
        assertEquals(1.5, times.quantile(0.25), 1e-9);
        assertEquals(3, times.quantile(0.7), 1e-9);
        assertEquals(4, times.quantile(0.99), 1e-9, "nothing says more than that it is above");
        assertEquals(0, histogram(new Metric.Bucket(Double.POSITIVE_INFINITY, 0)).quantile(0.5));
        assertThrows(IllegalArgumentException.class, () -> times.quantile(1.1));
        assertThrows(IllegalArgumentException.class, () -> times.quantile(Double.NaN));
    }

    @Test
    void bucketsRiseAndCountAll() {
        assertThrows(IllegalArgumentException.class, () -> histogram(new Metric.Bucket(1, 1)));
        assertThrows(IllegalArgumentException.class, () -> histogram());
        assertThrows(IllegalArgumentException.class,
                () -> histogram(new Metric.Bucket(1, 2), new Metric.Bucket(Double.POSITIVE_INFINITY, 1)));
        assertThrows(IllegalArgumentException.class,
                () -> histogram(new Metric.Bucket(Double.NaN, 0), new Metric.Bucket(Double.POSITIVE_INFINITY, 1)));
    }

    @Test
    void labelsAreInOrderAndDoNotChange() {
        Metric.Counter counter = new Metric.Counter("answers", "Answers.", Map.of("reason", "stop", "model", "nano"),
                1);
        assertEquals("{model=nano, reason=stop}", counter.labels().toString());
        assertThrows(UnsupportedOperationException.class, () -> counter.labels().put("a", "b"));
    }
}
