/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.observe;

import dev.millrace.api.Metric;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** Counts. Where it counts several kinds of a thing, each has a label. */
final class Tally implements Meter {

    private final String name;
    private final String description;
    private final String label;
    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

    /**
     * Nothing counted.
     *
     * @param label what the kinds are called; empty if there is one kind only
     */
    Tally(String name, String description, String label) {
        this.name = name;
        this.description = description;
        this.label = label;
        if (label.isEmpty()) {
            counts.put("", new LongAdder());
        }
    }

    Tally(String name, String description) {
        this(name, description, "");
    }

    void add(long number) {
        add("", number);
    }

    void add(String kind, long number) {
        counts.computeIfAbsent(kind, key -> new LongAdder()).add(number);
    }

    @Override
    public void tell(Map<String, String> labels, Consumer<Metric> to) {
        counts.forEach((kind, count) -> {
            Map<String, String> all = new HashMap<>(labels);
            if (!label.isEmpty()) {
                all.put(label, kind);
            }
            to.accept(new Metric.Counter(name, description, all, count.sum()));
        });
    }
}
