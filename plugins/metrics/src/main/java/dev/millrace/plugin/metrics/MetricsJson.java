/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.metrics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Metric;
import dev.millrace.plugin.http.json.Json;
import java.util.List;

/** What was counted, as JSON: a list with name, type, description, labels and values of each. */
final class MetricsJson {

    private MetricsJson() {
    }

    /**
     * Writes metrics down.
     *
     * @param metrics any
     * @return an object with the list {@code metrics}; names are those of the metrics, without {@code millrace_}
     */
    static ObjectNode of(List<Metric> metrics) {
        ObjectNode all = Json.object();
        ArrayNode list = all.putArray("metrics");
        for (Metric metric : metrics) {
            ObjectNode node = list.addObject().put("name", metric.name());
            node.put("type", switch (metric) {
                case Metric.Counter counter -> "counter";
                case Metric.Gauge gauge -> "gauge";
                case Metric.Histogram histogram -> "histogram";
            }).put("description", metric.description());
            ObjectNode labels = node.putObject("labels");
            metric.labels().forEach(labels::put);
            switch (metric) {
                case Metric.Counter counter -> node.put("value", counter.value());
                case Metric.Gauge gauge -> number(node, "value", gauge.value());
                case Metric.Histogram histogram -> {
                    ArrayNode buckets = node.putArray("buckets");
                    histogram.buckets().forEach(
                            bucket -> number(buckets.addObject(), "most", bucket.most()).put("count", bucket.count()));
                    number(node, "sum", histogram.sum()).put("count", histogram.count());
                }
            }
        }
        return all;
    }

    /** JSON has no words for numbers that are not finite: they are left out. */
    private static ObjectNode number(ObjectNode node, String name, double value) {
        return Double.isFinite(value) ? node.put(name, value) : node;
    }
}
