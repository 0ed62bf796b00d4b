/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Metric;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.ServerHost;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Tells once a second how things are, and what was logged. */
final class Watch implements AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int MOST_WATCHERS = 32;
    private static final Path STATUS = Path.of("/proc/self/status");

    private final ServerHost host;
    private final LogTail log;
    private final AtomicInteger watchers = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);

    Watch(ServerHost host, LogTail log) {
        this.host = host;
        this.log = log;
    }

    /** {@code GET /console/watch}: one line each second, until the page is closed. */
    void tell(Exchange exchange, String caller) throws IOException {
        if (watchers.incrementAndGet() > MOST_WATCHERS) {
            watchers.decrementAndGet();
            throw ApiError.busy(503, "Too many pages watch this server.", 30);
        }
        try {
            Outflow flow = new Outflow(exchange, Outflow.Kind.LINES);
            long seen = 0;
            do {
                ObjectNode line = sample();
                List<LogTail.Line> lines = log.after(seen);
                ArrayNode array = line.putArray("log");
                for (LogTail.Line one : lines) {
                    array.addObject().put("number", one.number()).put("time", one.time()).put("level", one.level())
                            .put("source", one.source()).put("text", one.text());
                    seen = one.number();
                }
                flow.send(Json.text(line) + "\n");
            } while (!closed.await(INTERVAL.toNanos(), TimeUnit.NANOSECONDS));
            flow.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watchers.decrementAndGet();
        }
    }

    private ObjectNode sample() throws IOException {
        Runtime runtime = Runtime.getRuntime();
        ObjectNode line = Json.object().put("time", System.currentTimeMillis()).put("ready", host.isReady())
                .put("running", host.gate().running()).put("waiting", host.gate().waiting())
                .put("heap", runtime.totalMemory() - runtime.freeMemory()).put("resident", resident());
        Map<String, Double> sums = new TreeMap<>();
        for (Metric metric : host.millrace().metrics()) {
            switch (metric) {
                case Metric.Counter counter -> sums.merge(counter.name(), (double) counter.value(), Double::sum);
                case Metric.Gauge gauge -> sums.merge(gauge.name(), gauge.value(), Double::sum);
                default -> {
                    // what the plots do not show
                }
            }
        }
        ObjectNode metrics = line.putObject("metrics");
        sums.forEach(metrics::put);
        ObjectNode devices = line.putObject("devices");
        host.models().forEach(model -> devices.put(model.id(), model.model().device().id()));
        return line;
    }

    /** What the process holds in memory, in bytes; 0 where the system does not say. */
    private static long resident() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        return 0;
    }

    /** Ends all streams. */
    @Override
    public void close() {
        closed.countDown();
    }
}
