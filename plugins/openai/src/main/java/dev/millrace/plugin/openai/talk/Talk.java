/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.BusyException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.PromptProgress;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Gate;
import dev.millrace.plugin.http.Outflow;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Has questions answered. Each is a new conversation, which ends with its answer. While a question waits or a prompt is read, the
 * client is sent beats. If the client has left, everything ends.
 */
public final class Talk {

    /** A client that left is noticed by the second write after it, so within a second. */
    private static final Duration BEAT = Duration.ofMillis(400);

    private final Gate gate;
    private final Ids ids;
    private final Map<String, List<Generation>> running = new ConcurrentHashMap<>();

    /** Answers through a gate. */
    public Talk(Gate gate, Ids ids) {
        this.gate = gate;
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
                .declare(ask.tools()).sampling(ask.sampling()).reasoning(ask.reasoning()).format(ask.held().format())
                .toolChoice(ask.held().choice());
        ask.held().strict().forEach(builder::strict);
        if (ask.plain()) {
            builder.plain();
        }
        ask.logprobs().ifPresent(builder::logprobs);
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
     * @param id by which {@link #endThinking} finds it
     * @param caller who asks, for the gate
     * @param flow gets beats; the listener writes the rest
     * @throws ApiError 400 if the question cannot be put to the model, 429 if too many wait, 5xx if answering fails
     * @throws IOException if the client has left
     */
    public Ending run(String id, Ask ask, String caller, Outflow flow, Listener listener) throws IOException {
        return run(id, ask, caller, flow, List.of(listener)).getFirst();
    }

    /**
     * Has a question answered, perhaps several times.
     *
     * @param id by which {@link #endThinking} finds it
     * @param caller who asks, for the gate
     * @param flow gets beats; the listeners write the rest
     * @param listeners one for each answer
     * @return how each answer ended
     * @throws ApiError 400 if the question cannot be put to the model, 429 if too many wait, 5xx if answering fails
     * @throws IOException if the client has left
     */
    public List<Ending> run(String id, Ask ask, String caller, Outflow flow, List<? extends Listener> listeners)
            throws IOException {
        try (Conversation conversation = conversation(ask)) {
            int promptTokens = promptTokens(conversation);
            int context = ask.model().model().info().contextLength();
            // what runs elsewhere counts by itself: here is only an estimate
            boolean counted = ask.model().model().info().vocabularySize() > 0;
            if (counted && promptTokens >= context) {
                throw new ApiError(400, "The messages take " + promptTokens + " tokens and this model holds "
                        + context + ": send fewer or shorter ones.", "messages", "context_length_exceeded");
            }
            try (Gate.Place place = gate.join(caller)) {
                for (Listener listener : listeners) {
                    listener.begun(promptTokens);
                }
                while (!place.await(BEAT)) {
                    flow.beat();
                }
                return answers(id, ask, conversation, flow, listeners);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.busy(503, "The server is stopping.", 5);
        }
    }

    /**
     * Ends the thinking of answers that are being generated.
     *
     * @param id of the request
     * @return whether there are such answers
     */
    public boolean endThinking(String id) {
        List<Generation> generations = running.getOrDefault(id, List.of());
        generations.forEach(Generation::answerNow);
        return !generations.isEmpty();
    }

    private List<Ending> answers(String id, Ask ask, Conversation conversation, Outflow flow,
            List<? extends Listener> listeners) throws IOException, InterruptedException {
        List<Message> messages = ask.messages();
        conversation.rewind(messages.size() - 1);
        // closing the conversation, on whatever path, ends what it generates; its forks are ended here
        List<Generation> generations;
        try {
            generations = conversation.send(List.of(messages.getLast()), listeners.size());
        } catch (BusyException e) {
            throw ApiError.busy(429, e.getMessage(), 2);
        }
        try {
            running.put(id, generations);
            return answers(ask, generations, flow, listeners);
        } finally {
            running.remove(id);
            generations.forEach(Generation::cancel);
        }
    }

    private List<Ending> answers(Ask ask, List<Generation> generations, Outflow flow,
            List<? extends Listener> listeners) throws IOException, InterruptedException {
        BlockingQueue<Told> queue = new LinkedBlockingQueue<>();
        List<OneAnswer> answers = new ArrayList<>();
        for (int i = 0; i < generations.size(); i++) {
            OneAnswer answer = new OneAnswer(ask, generations.get(i), listeners.get(i), ids);
            answers.add(answer);
            generations.get(i).publisher().subscribe(new Pump(answer, queue));
        }
        int ended = 0;
        Optional<PromptProgress> progress = Optional.empty();
        while (ended < answers.size()) {
            Told next = queue.poll(BEAT.toNanos(), TimeUnit.NANOSECONDS);
            Optional<PromptProgress> now = generations.getFirst().promptProgress();
            if (!now.equals(progress)) {
                progress = now;
                for (Listener listener : listeners) {
                    listener.reading(now.orElseThrow());
                }
            }
            // also while pieces come that this client does not get, or gets at the end
            if (flow.silence().compareTo(BEAT) >= 0) {
                flow.beat();
            }
            if (next != null && next.answer().take(next.what())) {
                ended++;
            }
        }
        return answers.stream().map(OneAnswer::ending).toList();
    }

    /** Something that was told of an answer: an event, or a failure. */
    private record Told(OneAnswer answer, Object what) {
    }

    /** Puts events, and at last a failure, into a queue. */
    private record Pump(OneAnswer answer, BlockingQueue<Told> queue) implements Flow.Subscriber<Event> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Event event) {
            queue.add(new Told(answer, event));
        }

        @Override
        public void onError(Throwable problem) {
            queue.add(new Told(answer,
                    problem instanceof RuntimeException failure ? failure : new IllegalStateException(problem)));
        }

        @Override
        public void onComplete() {
            // the last event has said so
        }
    }
}
