/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.millrace.api.Model;
import java.util.List;
import java.util.Set;

/**
 * A model of this runtime that answers LangChain4j piece by piece. Tools are run by LangChain4j: a call is told when it is whole, and
 * ends the answer.
 *
 * <p>
 * May be used from any thread. The handler is called on one thread at a time, not the caller's. All failures reach it as LangChain4j's
 * exceptions, but what is not supported is thrown at once. After its {@code StreamingHandle} was cancelled it is called no more. The
 * model stays the caller's, who closes it.
 */
public final class MillraceStreamingChatModel implements StreamingChatModel {

    private final Model model;
    private final ChatOptions options;

    /**
     * A model that answers as it does by itself.
     *
     * @param model who answers; closed by the caller
     */
    public MillraceStreamingChatModel(Model model) {
        this(model, ChatOptions.defaults());
    }

    /**
     * A model with options.
     *
     * @param model who answers; closed by the caller
     * @param options what holds where a request does not say
     */
    public MillraceStreamingChatModel(Model model, ChatOptions options) {
        this.model = model;
        this.options = options;
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        Question question;
        try {
            question = Question.ask(model, options, request);
        } catch (UnsupportedFeatureException e) {
            throw e;
        } catch (LangChain4jException e) {
            handler.onError(e);
            return;
        }
        question.generation().publisher().subscribe(
                new StreamedAnswer(question, new Reply(model.info().name(), question.tools()), handler));
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
