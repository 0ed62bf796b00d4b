/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.CompleteToolCall;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import dev.millrace.api.Event;
import dev.millrace.api.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Gathers what is told of an answer. For one thread at a time. */
final class Reply {

    private final Set<String> tools;
    private final StringBuilder thinking = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final List<ToolExecutionRequest> calls = new ArrayList<>();
    private String model;

    Reply(String model, Set<String> tools) {
        this.model = model;
        this.tools = tools;
    }

    /** Another model answers from here on. */
    void answeredBy(String name) {
        model = name;
    }

    void thought(String piece) {
        thinking.append(piece);
    }

    void said(String piece) {
        text.append(piece);
    }

    /** A call as LangChain4j is told of it; empty if nobody offered the tool, for then the engine has answered the model. */
    Optional<CompleteToolCall> called(ToolCall call) {
        if (!tools.contains(call.name())) {
            return Optional.empty();
        }
        ToolExecutionRequest request = Messages.request(call);
        calls.add(request);
        return Optional.of(new CompleteToolCall(calls.size() - 1, request));
    }

    /**
     * The whole answer.
     *
     * @throws LangChain4jException if it was cut by its deadline, or cancelled
     */
    ChatResponse finished(Event.Finished end) {
        AiMessage message = AiMessage.builder().text(text.isEmpty() && !calls.isEmpty() ? null : text.toString())
                .thinking(thinking.isEmpty() ? null : thinking.toString()).toolExecutionRequests(calls).build();
        return ChatResponse.builder().id("chat_" + UUID.randomUUID()).modelName(model).aiMessage(message)
                .tokenUsage(new TokenUsage(end.usage().promptTokens(), end.usage().completionTokens()))
                .finishReason(reason(end)).build();
    }

    private static FinishReason reason(Event.Finished end) {
        return switch (end.reason()) {
            case STOP, STOP_STRING -> FinishReason.STOP;
            case LENGTH, CONTEXT_FULL -> FinishReason.LENGTH;
            case TOOL_CALLS -> FinishReason.TOOL_EXECUTION;
            case DEADLINE -> throw new TimeoutException("The answer took longer than it may.");
            case CANCELLED -> throw new LangChain4jException("The answer was cancelled before it was whole.");
            // it went round in circles, or called tools that nobody offered again and again
            default -> FinishReason.OTHER;
        };
    }
}
