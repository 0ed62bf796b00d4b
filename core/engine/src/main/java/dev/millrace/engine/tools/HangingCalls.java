/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.Metric;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Counts calls that did not end when they were told to. Each keeps its thread, and Java has no way to take it back, so a tool may have
 * a few of them and is then left alone. Safe for use from any thread.
 */
public final class HangingCalls {

    /** A tool with so many calls that hang is not called. */
    static final int MOST = 4;

    private static final System.Logger LOG = System.getLogger(HangingCalls.class.getName());

    private final Map<String, Integer> calls = new ConcurrentHashMap<>();

    /** No calls. */
    public HangingCalls() {
        // nothing hangs yet
    }

    /** Whether a tool may not be called now. */
    boolean tooMany(String tool) {
        return calls.getOrDefault(tool, 0) >= MOST;
    }

    void began(String tool) {
        int now = calls.merge(tool, 1, Integer::sum);
        LOG.log(System.Logger.Level.WARNING,
                "The tool {0} does not end when it is interrupted; its thread goes on. Threads that it keeps: {1}.",
                tool,
                now);
    }

    void ended(String tool) {
        calls.computeIfPresent(tool, (name, count) -> count == 1 ? null : count - 1);
        LOG.log(System.Logger.Level.INFO, "A call of the tool {0} has ended at last.", tool);
    }

    /** Tells how many calls of each tool hang. */
    public void tell(Consumer<Metric> to) {
        calls.forEach((tool, count) -> to.accept(new Metric.Gauge("tool_calls_hanging",
                "Calls of tools that did not end when they were told to.", Map.of("tool", tool), count)));
    }
}
