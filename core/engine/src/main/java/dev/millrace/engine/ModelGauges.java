/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * What can be counted of an open model at one moment.
 *
 * @param model its name
 * @param conversations that are open
 * @param answers that are generated
 * @param waiting requests for the next tokens that wait for their turn or for room
 * @param sequences that have read something
 * @param prefixBytes about what kept prefixes take
 * @param bytes of the weights with one full context
 */
record ModelGauges(String model, int conversations, int answers, int waiting, int sequences, long prefixBytes,
        long bytes) {

    private record Gauge(String name, String description, ToDoubleFunction<ModelGauges> value) {
    }

    private static final List<Gauge> GAUGES = List.of(
            new Gauge("models_open", "Open models of this name.", model -> 1),
            new Gauge("conversations_open", "Conversations that are open.", ModelGauges::conversations),
            new Gauge("answers_running", "Answers that are generated now.", ModelGauges::answers),
            new Gauge("requests_waiting", "Answers whose next tokens wait for their turn or for room.",
                    ModelGauges::waiting),
            new Gauge("sequences_open", "Sequences that keep what they have read.", ModelGauges::sequences),
            new Gauge("prefix_bytes", "Memory for prefixes that are kept for others, about.", ModelGauges::prefixBytes),
            new Gauge("model_bytes", "Memory for the weights and one full context.", ModelGauges::bytes));

    /** Tells all of them; models of one name are added up. */
    static void tell(List<ModelGauges> open, Consumer<Metric> to) {
        Map<String, List<ModelGauges>> byName = new TreeMap<>();
        open.forEach(one -> byName.computeIfAbsent(one.model(), name -> new ArrayList<>()).add(one));
        byName.forEach((name, models) -> GAUGES.forEach(gauge -> to.accept(new Metric.Gauge(gauge.name(),
                gauge.description(), Map.of("model", name), models.stream().mapToDouble(gauge.value()).sum()))));
    }
}
