/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.api.Metric;
import dev.millrace.plugin.http.Gate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts requests. What models do the runtime counts itself. Any thread may call. */
final class Requests {

    private record Kind(String route, int status) implements Comparable<Kind> {

        @Override
        public int compareTo(Kind other) {
            int byRoute = route.compareTo(other.route);
            return byRoute == 0 ? Integer.compare(status, other.status) : byRoute;
        }
    }

    private final Map<Kind, LongAdder> done = new ConcurrentSkipListMap<>();
    private final AtomicInteger open = new AtomicInteger();

    /** A request has come. */
    void began() {
        open.incrementAndGet();
    }

    /**
     * A request is over.
     *
     * @param route the path of a known route, so that clients cannot make up new names
     * @param status that was sent
     */
    void ended(String route, int status) {
        open.decrementAndGet();
        done.computeIfAbsent(new Kind(route, status), key -> new LongAdder()).increment();
    }

    /** What was counted, with the numbers of the moment. */
    List<Metric> metrics(Gate gate) {
        List<Metric> all = new ArrayList<>();
        done.forEach((kind, count) -> all.add(new Metric.Counter("server_requests", "Requests by route and status.",
                Map.of("route", kind.route(), "status", Integer.toString(kind.status())), count.sum())));
        all.add(new Metric.Gauge("server_requests_open", "Requests in progress.", Map.of(), open.get()));
        all.add(new Metric.Gauge("server_answers_running", "Requests whose answer is generated now.", Map.of(),
                gate.running()));
        all.add(new Metric.Gauge("server_answers_waiting", "Requests that wait for their turn.", Map.of(),
                gate.waiting()));
        return all;
    }
}
