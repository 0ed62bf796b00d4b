/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.openai.http.ApiError;
import dev.millrace.plugin.openai.http.Outflow;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Has questions answered. Each is a new conversation, which ends with its answer. While a question waits or a prompt is read, the
 * client is sent beats. If the client has left, everything ends.
 */
public final class Talk {

    private static final System.Logger LOG = System.getLogger(Talk.class.getName());

    /** A client that left is noticed by the second write after it, so within a second. */
    private static final Duration BEAT = Duration.ofMillis(400);

    private final Gate gate;
    private final Metrics metrics;
    private final Ids ids;

    /** Answers through a gate. */
    public Talk(Gate gate, Metrics metrics, Ids ids) {
        this.gate = gate;
        this.metrics = metrics;
        this.ids = ids;
    }

    /**
     * Counts what the model would read.
     *
     * @throws ApiError 400 if the model's template refuses the messages
     */
    public static int promptTokens(Ask ask) {
        try (Conversation conversation = conversation(ask)) {
            return promptTokens(conversation);
        }
    }

    private static Conversation conversation(Ask ask) {
        Conversation.Builder builder = ask.model().model().conversation().messages(ask.messages())
                .declare(ask.tools()).sampling(ask.sampling()).format(ask.held().format())
                .toolChoice(ask.held().choice()).strict(ask.held().strict());
        ask.maxTokens().ifPresent(builder::maxTokens);
        try {
            builder.stop(ask.stop());
        } catch (IllegalArgumentException e) {
            throw ApiError.wrong("stop", "stop cannot be used: " + e.getMessage());
        }
        try {
            return builder.start();
        } catch (IllegalArgumentException e) {
            throw ApiError.wrong(ask.held().blamed(), ask.held().blamed() + " cannot be kept: " + e.getMessage());
        } catch (IllegalStateException e) {
            throw ApiError.busy(503, String.valueOf(e.getMessage()), 5);
        }
    }

    private static int promptTokens(Conversation conversation) {
        try {
            return conversation.promptTokens();
        } catch (MillraceException | IllegalArgumentException e) {
            throw ApiError.wrong("messages", "The messages cannot be put to this model: " + e.getMessage());
        }
    }

    /**
     * Has a question answered.
     *
     * @param caller who asks, for the gate
     * @param flow gets beats; the listener writes the rest
     * @throws ApiError 400 if the question cannot be put to the model, 429 if too many wait, 5xx if answering fails
     * @throws IOException if the client has left
     */
    public Ending run(Ask ask, String caller, Outflow flow, Listener listener) throws IOException {
        try (Conversation conversation = conversation(ask)) {
            int promptTokens = promptTokens(conversation);
            int context = ask.model().model().info().contextLength();
            if (promptTokens >= context) {
                throw new ApiError(400, "The messages take " + promptTokens + " tokens and this model holds "
                        + context + ": send fewer or shorter ones.", "messages", "context_length_exceeded");
            }
            try (Gate.Place place = gate.join(caller)) {
                listener.begun(promptTokens);
                while (!place.await(BEAT)) {
                    flow.beat();
                }
                return answer(ask, conversation, flow, listener);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.busy(503, "The server is stopping.", 5);
        }
    }

    private Ending answer(Ask ask, Conversation conversation, Outflow flow, Listener listener)
            throws IOException, InterruptedException {
        List<Message> messages = ask.messages();
        conversation.rewind(messages.size() - 1);
        // closing the conversation, on whatever path, ends what it generates
        Generation generation = conversation.send(List.of(messages.getLast()));
        BlockingQueue<Object> queue = new LinkedBlockingQueue<>();
        generation.publisher().subscribe(new Pump(queue));
        StringBuilder thinking = new StringBuilder();
        boolean called = false;
        long start = System.nanoTime();
        long last = 0;
        while (true) {
            Object next = queue.poll(BEAT.toNanos(), TimeUnit.NANOSECONDS);
            // also while pieces come that this client does not get, or gets at the end
            if (flow.silence().compareTo(BEAT) >= 0) {
                flow.beat();
            }
            if (next == null) {
                continue;
            }
            if (next instanceof Event.Thinking || next instanceof Event.Text || next instanceof Event.ToolCalled) {
                long now = System.nanoTime();
                metrics.piece(last == 0 ? now - start : now - last, last == 0);
                last = now;
            }
            switch (next) {
                case Event.Thinking piece -> {
                    thinking.append(piece.text());
                    listener.thinking(piece.text());
                }
                case Event.Text piece -> listener.text(piece.text());
                case Event.ToolCalled call -> {
                    // calls of tools that nobody offered are answered by the engine
                    if (ask.offers(call.name()) && !(called && ask.oneCall())) {
                        called = true;
                        listener.called(new ToolCall(ids.next("call_"), call.name(), call.arguments()));
                        if (ask.oneCall()) {
                            generation.cancel();
                        }
                    }
                }
                case Event.Finished end -> {
                    int reasoning = thinking.isEmpty()
                            ? 0
                            : Math.min(end.usage().completionTokens(),
                                    ask.model().model().tokenizer().encode(thinking.toString()).length);
                    Ending ending = new Ending(reason(end.reason(), called && ask.oneCall()), end.usage(), reasoning,
                            end.timings());
                    metrics.answered(ending);
                    return ending;
                }
                case RuntimeException failure -> throw failed(failure);
                default -> {
                    // what the engine told the model
                }
            }
        }
    }

    private static Ending.Reason reason(FinishReason reason, boolean cutAfterCall) {
        return switch (reason) {
            case LENGTH, CONTEXT_FULL -> Ending.Reason.LENGTH;
            case TOOL_CALLS -> Ending.Reason.CALLS;
            case CANCELLED -> {
                if (!cutAfterCall) {
                    throw ApiError.busy(503, "The answer was cancelled.", 5);
                }
                yield Ending.Reason.CALLS;
            }
            // also after the last step of tools, and for reasons that come with later versions
            default -> Ending.Reason.STOP;
        };
    }

    private static ApiError failed(RuntimeException failure) {
        LOG.log(System.Logger.Level.ERROR, "An answer failed.", failure);
        return new ApiError(500, failure instanceof MillraceException
                ? String.valueOf(failure.getMessage())
                : "The answer failed; the log of the server says why.", null, "server_error");
    }

    /** Puts events, and at last a failure, into a queue. */
    private record Pump(BlockingQueue<Object> queue) implements Flow.Subscriber<Event> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Event event) {
            queue.add(event);
        }

        @Override
        public void onError(Throwable problem) {
            queue.add(problem instanceof RuntimeException failure ? failure : new IllegalStateException(problem));
        }

        @Override
        public void onComplete() {
            // the last event has said so
        }
    }
}
