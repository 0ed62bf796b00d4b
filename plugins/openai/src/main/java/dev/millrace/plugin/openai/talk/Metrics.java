/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.plugin.http.Gate;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the server does, and tells it in the text format of Prometheus. */
public final class Metrics {

    private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final Histogram firstPiece = new Histogram();
    private final Histogram betweenPieces = new Histogram();
    private final LongAdder promptTokens = new LongAdder();
    private final LongAdder cachedTokens = new LongAdder();
    private final LongAdder completionTokens = new LongAdder();

    /** A request has come. */
    public void began() {
        open.incrementAndGet();
    }

    /**
     * A request is over.
     *
     * @param route the path of a known route, so that clients cannot make up new names
     * @param status that was sent
     */
    public void request(String route, int status) {
        open.decrementAndGet();
        requests.computeIfAbsent("{route=\"" + route + "\",status=\"" + status + "\"}", key -> new LongAdder())
                .increment();
    }

    /** A piece of an answer came, so long after the one before or after the question. */
    void piece(long nanos, boolean first) {
        (first ? firstPiece : betweenPieces).add(nanos);
    }

    /** An answer is whole. */
    void answered(Ending ending) {
        promptTokens.add(ending.usage().promptTokens());
        cachedTokens.add(ending.usage().cachedTokens());
        completionTokens.add(ending.usage().completionTokens());
    }

    /** All that was counted, with the numbers of the moment. */
    public String text(Gate gate, Models models) {
        StringBuilder out = new StringBuilder();
        head(out, "millrace_requests_total", "Requests by route and status.", "counter");
        requests.forEach((labels, count) -> out.append("millrace_requests_total").append(labels).append(' ')
                .append(count.sum()).append('\n'));
        counter(out, "millrace_prompt_tokens_total", "Tokens of prompts.", promptTokens.sum());
        counter(out, "millrace_cached_tokens_total", "Tokens that had been read before.", cachedTokens.sum());
        counter(out, "millrace_completion_tokens_total", "Tokens generated.", completionTokens.sum());
        gauge(out, "millrace_answers_running", "Answers that are generated now.", gate.running());
        gauge(out, "millrace_answers_waiting", "Requests that wait for their turn.", gate.waiting());
        gauge(out, "millrace_requests_open", "Requests in progress.", open.get());
        gauge(out, "millrace_models_open", "Models that are open.", models.open().size());
        firstPiece.write(out, "millrace_first_token_seconds", "From the start of an answer to its first piece.");
        betweenPieces.write(out, "millrace_between_tokens_seconds", "Between two pieces of an answer.");
        return out.toString();
    }

    private static void counter(StringBuilder out, String name, String help, long value) {
        metric(out, name, help, "counter", value);
    }

    private static void gauge(StringBuilder out, String name, String help, long value) {
        metric(out, name, help, "gauge", value);
    }

    private static void metric(StringBuilder out, String name, String help, String type, long value) {
        head(out, name, help, type);
        out.append(name).append(' ').append(value).append('\n');
    }

    private static void head(StringBuilder out, String name, String help, String type) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
