/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Messages and calls between LangChain4j's form and ours. */
final class Messages {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, @Nullable Object>> OBJECT = new TypeReference<>() {
    };

    private Messages() {
    }

    static Message read(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> Message.system(system.text());
            case UserMessage user -> Message.user(text(user.contents()));
            case AiMessage assistant -> assistant(assistant);
            case ToolExecutionResultMessage result ->
                Message.tool(id(result.id(), result.toolName()), text(result.contents()));
            default -> throw new UnsupportedFeatureException(
                    "Messages of type " + message.type() + " are not supported: no chat template knows them.");
        };
    }

    private static Message assistant(AiMessage message) {
        @Nullable
        String text = message.text();
        List<ToolCall> calls = message.toolExecutionRequests().stream()
                .map(call -> new ToolCall(id(call.id(), call.name()), call.name(), arguments(call))).toList();
        return Message.assistant(text == null ? "" : text, message.thinking(), calls);
    }

    /** LangChain4j lets ids be absent; then a call and its result have the tool's name in common. */
    private static String id(@Nullable String id, String tool) {
        return id == null ? tool : id;
    }

    private static Map<String, @Nullable Object> arguments(ToolExecutionRequest call) {
        @Nullable
        String json = call.arguments();
        if (json == null || json.isBlank()) {
            return Map.of();
        }
        try {
            return JSON.readValue(json, OBJECT);
        } catch (JsonProcessingException e) {
            throw new InvalidRequestException(
                    "The arguments of a call of " + call.name() + " are no JSON object: " + json, e);
        }
    }

    private static String text(List<Content> contents) {
        StringBuilder text = new StringBuilder();
        for (Content content : contents) {
            if (!(content instanceof TextContent part)) {
                throw new UnsupportedFeatureException("Content of type "
                        + content.type().toString().toLowerCase(Locale.ROOT)
                        + " is not supported: the models here read text.");
            }
            text.append(part.text());
        }
        return text.toString();
    }

    /** A call that LangChain4j runs. Its id is unique over all answers, since one chat memory may hold several. */
    static ToolExecutionRequest request(ToolCall call) {
        try {
            return ToolExecutionRequest.builder().id("call_" + UUID.randomUUID()).name(call.name())
                    .arguments(JSON.writeValueAsString(call.arguments())).build();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The arguments of a call cannot be written as JSON.", e);
        }
    }
}
