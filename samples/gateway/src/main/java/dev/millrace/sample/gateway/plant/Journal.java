/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** What happened, the oldest forgotten. Safe for use from any thread. */
final class Journal<T> {

    private static final int KEPT = 100;

    private final Deque<T> entries = new ArrayDeque<>();

    synchronized void add(T entry) {
        entries.addLast(entry);
        if (entries.size() > KEPT) {
            entries.removeFirst();
        }
    }

    synchronized boolean remove(T entry) {
        return entries.remove(entry);
    }

    synchronized List<T> all() {
        return List.copyOf(entries);
    }
}
