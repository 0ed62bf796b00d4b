/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.springai;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.ai.retry.NonTransientAiException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Messages, calls and schemas between Spring AI's form and ours. */
final class Messages {

    /** Under this name a message has what the model thought before it; a chat template may want to see it again. */
    static final String THINKING = "thinking";

    private static final TypeReference<Map<String, @Nullable Object>> OBJECT = new TypeReference<>() {
    };

    private Messages() {
    }

    /** One message of Spring AI has the results of several calls; here each has its own. */
    static Stream<Message> read(org.springframework.ai.chat.messages.Message message) {
        return switch (message) {
            case SystemMessage system -> Stream.of(Message.system(text(system.getText())));
            case UserMessage user -> {
                onlyText(user.getMedia());
                yield Stream.of(Message.user(text(user.getText())));
            }
            case AssistantMessage assistant -> Stream.of(assistant(assistant));
            case ToolResponseMessage results -> results.getResponses().stream()
                    .map(result -> Message.tool(id(result.id(), result.name()), text(result.responseData())));
            default -> throw new NonTransientAiException(
                    "Messages of type " + message.getMessageType()
                            + " are not supported: no chat template knows them.");
        };
    }

    private static Message assistant(AssistantMessage message) {
        onlyText(message.getMedia());
        List<ToolCall> calls = message.getToolCalls().stream().map(call -> new ToolCall(id(call.id(), call.name()),
                call.name(), object(call.arguments(), "The arguments of a call of " + call.name()))).toList();
        Object thinking = message.getMetadata().get(THINKING);
        return Message.assistant(text(message.getText()), thinking instanceof String thought ? thought : null, calls);
    }

    private static void onlyText(List<Media> media) {
        if (!media.isEmpty()) {
            throw new NonTransientAiException("Media of type " + media.getFirst().getMimeType()
                    + " are not supported: the models here read text.");
        }
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** Spring AI lets ids be empty; then a call and its result have the tool's name in common. */
    private static String id(@Nullable String id, String tool) {
        return id == null || id.isEmpty() ? tool : id;
    }

    /**
     * JSON that is an object, as data.
     *
     * @param json nothing counts as an empty object
     * @param what it is, for people
     */
    static Map<String, @Nullable Object> object(@Nullable String json, String what) {
        if (json == null || json.isBlank()) {
            return Map.of();
        }
        try {
            return JsonMapper.shared().readValue(json, OBJECT);
        } catch (JacksonException e) {
            throw new NonTransientAiException(what + " are no JSON object: " + json, e);
        }
    }

    /** A call that Spring AI runs. Its id is unique over all answers, since one chat memory may hold several. */
    static AssistantMessage.ToolCall call(ToolCall call) {
        return new AssistantMessage.ToolCall("call_" + UUID.randomUUID(), "function", call.name(),
                JsonMapper.shared().writeValueAsString(call.arguments()));
    }
}
