/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.api.Event;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import reactor.adapter.JdkFlowAdapter;
import reactor.core.publisher.Flux;

/**
 * A model of this runtime that answers Spring AI. Tools are run by Spring AI: a call ends the answer.
 *
 * <p>
 * May be used from any thread. An interrupt of the thread that waits cancels the answer, and so does a subscriber that cancels.
 * Failures are {@code TransientAiException} where it may go well another time, else {@code NonTransientAiException}. The model stays
 * the caller's, who closes it.
 */
public final class MillraceChatModel implements ChatModel {

    private final Model model;
    private final MillraceChatOptions options;

    /**
     * A model that answers as it does by itself.
     *
     * @param model who answers; closed by the caller
     */
    public MillraceChatModel(Model model) {
        this(model, MillraceChatOptions.builder().build());
    }

    /**
     * A model with options.
     *
     * @param model who answers; closed by the caller
     * @param options what holds where a prompt does not say
     */
    public MillraceChatModel(Model model, MillraceChatOptions options) {
        this.model = model;
        this.options = options;
    }

    @Override
    public ChatResponse call(Prompt prompt) {
        try (Question question = Question.ask(model, options, prompt)) {
            Reply reply = new Reply(model.info().name(), question.tools());
            for (Event event : question.generation()) {
                reply.told(event);
                if (event instanceof Event.Finished end) {
                    return reply.whole(end);
                }
            }
            throw new IllegalStateException("The answer has no end.");
        } catch (MillraceException e) {
            throw Failures.typed(e);
        }
    }

    /** Each subscriber gets an answer of its own. Its last piece has the calls, the usage and the reason of the end. */
    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return Flux.using(() -> Question.ask(model, options, prompt), this::pieces, Question::close);
    }

    private Flux<ChatResponse> pieces(Question question) {
        Reply reply = new Reply(model.info().name(), question.tools());
        return JdkFlowAdapter.flowPublisherToFlux(question.generation().publisher())
                .<ChatResponse>handle((event, sink) -> {
                    reply.told(event);
                    reply.piece(event).ifPresent(sink::next);
                }).onErrorMap(MillraceException.class, Failures::typed);
    }

    @Override
    public MillraceChatOptions getOptions() {
        return options;
    }
}
