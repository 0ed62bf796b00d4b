/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import dev.millrace.api.Metric;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What was counted, in the text format of Prometheus (version 0.0.4). */
public final class MetricsText {

    private MetricsText() {
    }

    /**
     * Writes metrics down.
     *
     * @param metrics those of one name stand one after the other
     * @return lines, each with its end; names begin with {@code millrace_}
     */
    public static String of(List<Metric> metrics) {
        StringBuilder out = new StringBuilder();
        Set<String> described = new HashSet<>();
        for (Metric metric : metrics) {
            String kind = metric instanceof Metric.Counter
                    ? "counter"
                    : metric instanceof Metric.Histogram ? "histogram" : "gauge";
            String name = "millrace_" + metric.name() + (metric instanceof Metric.Counter ? "_total" : "");
            if (described.add(name)) {
                out.append("# HELP ").append(name).append(' ')
                        .append(metric.description().replace("\\", "\\\\").replace("\n", "\\n")).append("\n# TYPE ")
                        .append(name)
                        .append(' ').append(kind).append('\n');
            }
            switch (metric) {
                case Metric.Counter counter -> line(out, name, counter.labels(), "", counter.value());
                case Metric.Gauge gauge -> line(out, name, gauge.labels(), "", gauge.value());
                case Metric.Histogram histogram -> {
                    for (Metric.Bucket bucket : histogram.buckets()) {
                        line(out, name + "_bucket", histogram.labels(), "le=\"" + number(bucket.most()) + "\"",
                                bucket.count());
                    }
                    line(out, name + "_sum", histogram.labels(), "", histogram.sum());
                    line(out, name + "_count", histogram.labels(), "", histogram.count());
                }
            }
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String name, Map<String, String> labels, String more, Number value) {
        String inside = labels.entrySet().stream().map(label -> label.getKey() + "=\""
                + label.getValue().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"")
                .collect(Collectors.joining(","));
        String all = inside.isEmpty() || more.isEmpty() ? inside + more : inside + "," + more;
        out.append(name).append(all.isEmpty() ? "" : "{" + all + "}").append(' ').append(number(value)).append('\n');
    }

    private static String number(Number value) {
        return Double.isInfinite(value.doubleValue()) ? (value.doubleValue() > 0 ? "+Inf" : "-Inf") : value.toString();
    }
}
