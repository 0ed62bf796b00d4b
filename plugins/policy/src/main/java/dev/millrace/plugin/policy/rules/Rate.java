/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.rules;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Lets so many calls through within a time, whoever makes them. Safe for use from any thread. */
public final class Rate {

    private final int calls;
    private final Duration span;
    private final Deque<Counted> counted = new ArrayDeque<>();

    private record Counted(String call, Instant when) {
    }

    /**
     * A rate.
     *
     * @param calls 1 or more
     * @param span within which they are counted
     */
    public Rate(int calls, Duration span) {
        this.calls = calls;
        this.span = span;
    }

    /**
     * Counts a call if there is room. A call that is asked about twice counts once.
     *
     * @param call names the call
     * @param now the time
     * @return empty if it may run, else how long until one may
     */
    public synchronized Optional<Duration> take(String call, Instant now) {
        while (!counted.isEmpty() && !counted.getFirst().when().plus(span).isAfter(now)) {
            counted.removeFirst();
        }
        if (counted.stream().anyMatch(one -> one.call().equals(call))) {
            return Optional.empty();
        }
        if (counted.size() >= calls) {
            return Optional.of(Duration.between(now, counted.getFirst().when().plus(span)));
        }
        counted.addLast(new Counted(call, now));
        return Optional.empty();
    }

    @Override
    public String toString() {
        return (calls == 1 ? "once" : calls + " times") + " in " + Durations.shown(span);
    }
}
