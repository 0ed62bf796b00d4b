/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Metric;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The text format of Prometheus, by the rules of its specification. */
final class MetricsTextTest {

    @Test
    void whatHasAMeaningOfItsOwnIsEscaped() {
        Map<String, String> labels = Map.of("model", "C:\\models\\\"q4\"\nnew");
        String text = MetricsText.of(List.of(
                new Metric.Counter("tokens", "Tokens of C:\\new,\nby \"model\".", labels, 7),
                new Metric.Counter("tokens", "not told again", Map.of(), 1)));
        // help has backslashes and line ends; labels have quotes, too
        assertEquals("""
                # HELP millrace_tokens_total Tokens of C:\\\\new,\\nby "model".
                # TYPE millrace_tokens_total counter
                millrace_tokens_total{model="C:\\\\models\\\\\\"q4\\"\\nnew"} 7
                millrace_tokens_total 1
                """, text);
    }

    @Test
    void aHistogramHasBucketsASumAndACount() {
        String text = MetricsText.of(List.of(new Metric.Histogram("seconds", "How long.", Map.of("model", "nano"),
                List.of(new Metric.Bucket(0.5, 2), new Metric.Bucket(Double.POSITIVE_INFINITY, 3)), 4.5)));
        assertEquals("""
                # HELP millrace_seconds How long.
                # TYPE millrace_seconds histogram
                millrace_seconds_bucket{model="nano",le="0.5"} 2
                millrace_seconds_bucket{model="nano",le="+Inf"} 3
                millrace_seconds_sum{model="nano"} 4.5
                millrace_seconds_count{model="nano"} 3
                """, text);
    }

    @Test
    void aGaugeMayBeAnyNumber() {
        assertEquals("""
                # HELP millrace_ratio A ratio.
                # TYPE millrace_ratio gauge
                millrace_ratio -Inf
                """,
                MetricsText.of(List.of(new Metric.Gauge("ratio", "A ratio.", Map.of(), Double.NEGATIVE_INFINITY))));
    }
}
