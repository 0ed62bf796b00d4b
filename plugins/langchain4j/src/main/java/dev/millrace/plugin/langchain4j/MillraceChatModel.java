/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.millrace.api.Event;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import java.util.List;
import java.util.Set;

/**
 * A model of this runtime that answers LangChain4j. Tools are run by LangChain4j: a call ends the answer.
 *
 * <p>
 * May be used from any thread. An interrupt of the thread that waits cancels the answer. Failures are LangChain4j's exceptions. The
 * model stays the caller's, who closes it.
 */
public final class MillraceChatModel implements ChatModel {

    private final Model model;
    private final ChatOptions options;

    /**
     * A model that answers as it does by itself.
     *
     * @param model who answers; closed by the caller
     */
    public MillraceChatModel(Model model) {
        this(model, ChatOptions.defaults());
    }

    /**
     * A model with options.
     *
     * @param model who answers; closed by the caller
     * @param options what holds where a request does not say
     */
    public MillraceChatModel(Model model, ChatOptions options) {
        this.model = model;
        this.options = options;
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        try (Question question = Question.ask(model, options, request)) {
            Reply reply = new Reply(model.info().name(), question.tools());
            for (Event event : question.generation()) {
                switch (event) {
                    case Event.Thinking piece -> reply.thought(piece.text());
                    case Event.Text piece -> reply.said(piece.text());
                    case Event.ToolCalled called -> reply.called(called.call());
                    case Event.AnsweredBy by -> reply.answeredBy(by.model());
                    case Event.Finished end -> {
                        return reply.finished(end);
                    }
                    default -> {
                        // what the engine told the model
                    }
                }
            }
            throw new IllegalStateException("The answer has no end.");
        } catch (MillraceException e) {
            throw Failures.typed(e);
        }
    }

    @Override
    public ChatRequestParameters defaultRequestParameters() {
        return options.parameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return options.listeners();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }
}
