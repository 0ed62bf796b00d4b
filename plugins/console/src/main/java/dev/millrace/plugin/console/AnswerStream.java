/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.Timings;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.Usage;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Writes an answer to the page: one JSON object per line. For the thread of the request, but for {@link #approval}. */
final class AnswerStream {

    /** A page that was closed is noticed by the second write after it, so within a second. */
    static final Duration BEAT = Duration.ofMillis(400);

    private static final System.Logger LOG = System.getLogger(AnswerStream.class.getName());

    private final Outflow flow;
    private final Model model;
    private final BlockingQueue<Told> queue = new LinkedBlockingQueue<>();
    private String device;

    /** Something to be written. */
    private sealed interface Told {

        record Happened(Event event) implements Told {
        }

        record Asked(ToolRequest request, String question) implements Told {
        }

        record Failed(Throwable problem) implements Told {
        }
    }

    AnswerStream(Outflow flow, Model model) {
        this.flow = flow;
        this.model = model;
        this.device = model.device().id();
    }

    /** The question is good, and waits for its turn. */
    void begun(String id) throws IOException {
        send(line("begin").put("answer", id).put("device", device));
    }

    void beat() throws IOException {
        flow.beat();
    }

    /** A call waits for the user. From any thread. */
    void approval(ToolRequest request, String question) {
        queue.add(new Told.Asked(request, question));
    }

    /**
     * Writes the events of an answer until its end.
     *
     * @param said all that is new in the conversation once the answer is over
     */
    void run(Generation generation, Supplier<List<Message>> said) throws IOException, InterruptedException {
        generation.publisher().subscribe(new Pump(queue));
        boolean over = false;
        while (!over) {
            Told next = queue.poll(BEAT.toNanos(), TimeUnit.NANOSECONDS);
            if (flow.silence().compareTo(BEAT) >= 0) {
                flow.beat();
            }
            String now = model.device().id();
            if (!now.equals(device)) {
                device = now;
                send(line("moved").put("device", now));
            }
            over = next != null && write(next, said);
        }
        flow.end();
    }

    private boolean write(Told next, Supplier<List<Message>> said) throws IOException {
        switch (next) {
            case Told.Asked asked -> {
                ObjectNode line = line("approval").put("description", asked.request().tool().description())
                        .put("question", asked.question());
                MessageJson.hints(line, asked.request().tool());
                line.set("call", MessageJson.write(asked.request().call()));
                send(line);
            }
            case Told.Failed failed -> {
                LOG.log(System.Logger.Level.ERROR, "An answer failed.", failed.problem());
                send(line("error").put("message",
                        failed.problem() instanceof MillraceException problem
                                ? problem.getMessage()
                                : "The answer failed; the log says why."));
                return true;
            }
            case Told.Happened happened -> {
                return write(happened.event(), said);
            }
        }
        return false;
    }

    private boolean write(Event event, Supplier<List<Message>> said) throws IOException {
        switch (event) {
            case Event.Thinking piece -> send(line("thinking").put("text", piece.text()));
            case Event.Text piece -> send(line("text").put("text", piece.text()));
            case Event.ToolCalled called -> {
                ObjectNode line = line("call");
                line.set("call", MessageJson.write(called.call()));
                send(line);
            }
            case Event.ToolProgressed progress -> {
                ObjectNode line = line("progress").put("what", progress.what());
                if (!Double.isNaN(progress.fraction())) {
                    line.put("fraction", progress.fraction());
                }
                line.set("call", MessageJson.write(progress.call()));
                send(line);
            }
            case Event.ToolAnswered answered -> {
                ObjectNode line = line("result").put("error", answered.result().error());
                line.set("call", MessageJson.write(answered.call()));
                line.set("value", Json.tree(answered.result().value()));
                send(line);
            }
            case Event.AnsweredBy other -> send(line("answeredBy").put("model", other.model())
                    .put("device", other.device()).put("reason", other.reason()));
            case Event.Finished end -> {
                ObjectNode line = line("end").put("reason", end.reason().name().toLowerCase(Locale.ROOT))
                        .put("device", device);
                line.set("usage", usage(end.usage()));
                line.set("timings", timings(end.timings()));
                line.set("messages", MessageJson.write(said.get()));
                send(line);
                return true;
            }
            default -> {
                // kinds of later versions, which this page does not show
            }
        }
        return false;
    }

    private static ObjectNode usage(Usage usage) {
        return Json.object().put("prompt", usage.promptTokens()).put("cached", usage.cachedTokens()).put("completion",
                usage.completionTokens());
    }

    private static ObjectNode timings(Timings timings) {
        return Json.object().put("firstToken", seconds(timings.firstToken()))
                .put("prefill", timings.prefillTokensPerSecond()).put("decode", timings.decodeTokensPerSecond())
                .put("tools", seconds(timings.tools()));
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    private static ObjectNode line(String type) {
        return Json.object().put("type", type);
    }

    private void send(ObjectNode line) throws IOException {
        flow.send(Json.text(line) + "\n");
    }

    /** Puts events, and at last a failure, into the queue. */
    private record Pump(BlockingQueue<Told> queue) implements Flow.Subscriber<Event> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Event event) {
            queue.add(new Told.Happened(event));
        }

        @Override
        public void onError(Throwable problem) {
            queue.add(new Told.Failed(problem));
        }

        @Override
        public void onComplete() {
            // the last event has said so
        }
    }
}
