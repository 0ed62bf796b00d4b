/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** LangChain4j's own tests for listeners of streaming chat models. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamingListenerKitTest extends AbstractStreamingChatModelListenerIT {

    private final Millrace millrace = Millrace.start();
    private final Model nano = millrace.open("nano");

    @AfterAll
    void stop() {
        millrace.close();
    }

    @Override
    protected StreamingChatModel createModel(ChatModelListener listener) {
        ChatRequestParameters parameters = ChatRequestParameters.builder().modelName(modelName())
                .temperature(temperature()).topP(topP()).maxOutputTokens(maxTokens()).build();
        return new MillraceStreamingChatModel(nano,
                ChatOptions.defaults().withParameters(parameters).withListeners(List.of(listener)));
    }

    @Override
    protected String modelName() {
        return nano.info().name();
    }

    @Override
    protected StreamingChatModel createFailingModel(ChatModelListener listener) {
        Model closed = millrace.open("nano");
        closed.close();
        return new MillraceStreamingChatModel(closed, ChatOptions.defaults().withListeners(List.of(listener)));
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
        return LangChain4jException.class;
    }
}
