/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.machine.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/** How much memory of this process was in use, from time to time: whether it grows. Not safe for threads. */
final class Resident {

    /** The serial collector leaves up to a twentieth of its space as it is, garbage included, in all but one of four collections. */
    private static final int COLLECTIONS = 4;

    private final List<Long> seen = new ArrayList<>();
    private final List<String> heaps = new ArrayList<>();

    /** Looks once. */
    void look() {
        Memory.resident().ifPresent(seen::add);
    }

    /**
     * Collects what nothing holds any more, and looks what is left of Java's heap.
     *
     * @param when as it is told
     */
    void collect(String when) {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc();
        }
        Runtime runtime = Runtime.getRuntime();
        heaps.add(String.format(Locale.ROOT, "%d MiB %s", (runtime.totalMemory() - runtime.freeMemory()) >> 20, when));
    }

    /**
     * Tells the average of each quarter of the time, in MiB, and what was left of the heap.
     *
     * @param line gets a name and a text; nothing about what this system tells no figures of
     */
    void tell(BiConsumer<String, String> line) {
        if (!heaps.isEmpty()) {
            line.accept("heap", String.join(", ", heaps) + ", after a collection");
        }
        if (seen.size() < 4) {
            return;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            double bytes = seen.subList(i * seen.size() / 4, (i + 1) * seen.size() / 4).stream()
                    .mapToLong(Long::longValue).average().orElse(0);
            text.append(text.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%.0f", bytes / (1 << 20)));
        }
        line.accept("resident", text + " MiB on average in each quarter of the time");
    }
}
