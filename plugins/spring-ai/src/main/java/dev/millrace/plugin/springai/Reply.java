/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.retry.NonTransientAiException;
import org.springframework.ai.retry.TransientAiException;

/** Gathers what is told of an answer. For one thread at a time. */
final class Reply {

    private final String id = "chat_" + UUID.randomUUID();
    private final Set<String> tools;
    private final StringBuilder thinking = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final List<AssistantMessage.ToolCall> calls = new ArrayList<>();
    private String model;

    /**
     * Of an answer that begins.
     *
     * @param model its name, unless another one takes over
     * @param tools names of the tools that Spring AI offered
     */
    Reply(String model, Set<String> tools) {
        this.model = model;
        this.tools = tools;
    }

    /** Takes up one event. */
    void told(Event event) {
        switch (event) {
            case Event.Thinking piece -> thinking.append(piece.text());
            case Event.Text piece -> text.append(piece.text());
            case Event.AnsweredBy by -> model = by.model();
            // a tool that nobody offered has been answered by the engine
            case Event.ToolCalled called when tools.contains(called.call().name()) ->
                calls.add(Messages.call(called.call()));
            default -> {
                // what the engine told the model
            }
        }
    }

    /** What a stream tells of an event that was taken up; empty if nothing. */
    Optional<ChatResponse> piece(Event event) {
        return switch (event) {
            case Event.Thinking piece -> Optional.of(response("", piece.text(), Optional.empty()));
            case Event.Text piece -> Optional.of(response(piece.text(), "", Optional.empty()));
            case Event.Finished end -> Optional.of(response("", "", Optional.of(end)));
            default -> Optional.empty();
        };
    }

    /** The whole answer. */
    ChatResponse whole(Event.Finished end) {
        return response(text.toString(), thinking.toString(), Optional.of(end));
    }

    /**
     * A response.
     *
     * @throws TransientAiException if the end is a deadline
     * @throws NonTransientAiException if the end is a cancellation
     */
    private ChatResponse response(String said, String thought, Optional<Event.Finished> end) {
        ChatGenerationMetadata.Builder generation = ChatGenerationMetadata.builder();
        ChatResponseMetadata.Builder metadata = ChatResponseMetadata.builder().id(id).model(model);
        AssistantMessage.Builder<?> message = AssistantMessage.builder().content(said);
        if (!thought.isEmpty()) {
            generation.metadata(Messages.THINKING, thought);
        }
        end.ifPresent(last -> {
            generation.finishReason(reason(last));
            metadata.usage(new DefaultUsage(last.usage().promptTokens(), last.usage().completionTokens(), null,
                    last.usage(), (long) last.usage().cachedTokens(), null));
            message.toolCalls(List.copyOf(calls));
            if (!thinking.isEmpty()) {
                message.properties(Map.of(Messages.THINKING, thinking.toString()));
            }
        });
        return new ChatResponse(List.of(new Generation(message.build(), generation.build())), metadata.build());
    }

    private static String reason(Event.Finished end) {
        return switch (end.reason()) {
            case STOP, STOP_STRING -> FinishReason.STOP.name();
            case LENGTH, CONTEXT_FULL -> FinishReason.LENGTH.name();
            case DEADLINE -> throw new TransientAiException("The answer took longer than it may.");
            case CANCELLED -> throw new NonTransientAiException("The answer was cancelled before it was whole.");
            // calls, or it went round in circles, or called tools that nobody offered again and again
            default -> end.reason().name();
        };
    }
}
