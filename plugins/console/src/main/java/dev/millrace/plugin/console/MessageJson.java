/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Messages as the page keeps them: all that the engine knows of them, so that nothing is lost on the way. */
final class MessageJson {

    private MessageJson() {
    }

    /** Adds what a tool says that it does to the world. */
    static void hints(ObjectNode json, ToolDefinition tool) {
        ArrayNode array = json.putArray("hints");
        tool.hints().forEach(hint -> array.add(hint.name().toLowerCase(Locale.ROOT)));
    }

    /**
     * Reads messages.
     *
     * @throws ApiError 400 if they do not end with what can be answered
     */
    static List<Message> read(Fields request) {
        List<Message> messages = new ArrayList<>();
        for (Fields fields : request.objects("messages")) {
            messages.add(message(fields));
        }
        if (messages.isEmpty()) {
            throw ApiError.wrong("messages", "messages must hold a message of the user.");
        }
        Message last = messages.getLast();
        boolean begun = last.role() == Message.Role.ASSISTANT && last.toolCalls().isEmpty() && messages.size() > 1;
        if (last.role() != Message.Role.USER && last.role() != Message.Role.TOOL && !begun) {
            throw ApiError.wrong("messages", "messages must end with what can be answered: a message of the user, a"
                    + " result of a tool, or the beginning of an answer.");
        }
        return messages;
    }

    private static Message message(Fields fields) {
        fields.requiredText("role");
        String role = fields.word("role", "system", "user", "assistant", "tool").orElseThrow();
        String content = fields.text("content").orElse("");
        return switch (role) {
            case "system" -> Message.system(content);
            case "user" -> Message.user(content);
            case "tool" -> Message.tool(fields.requiredText("toolCallId"), content);
            default -> Message.assistant(content,
                    fields.text("thinking").filter(text -> !text.isEmpty()).orElse(null), calls(fields));
        };
    }

    private static List<ToolCall> calls(Fields fields) {
        List<ToolCall> calls = new ArrayList<>();
        for (Fields call : fields.objects("toolCalls")) {
            calls.add(new ToolCall(call.requiredText("id"), call.requiredText("name"),
                    Json.plain(call.requiredObject("arguments").node())));
        }
        return calls;
    }

    static ArrayNode write(List<Message> messages) {
        ArrayNode array = Json.array();
        messages.forEach(message -> array.add(write(message)));
        return array;
    }

    private static ObjectNode write(Message message) {
        ObjectNode json = Json.object().put("role", message.role().name().toLowerCase(Locale.ROOT)).put("content",
                message.content());
        if (message.thinking() != null) {
            json.put("thinking", message.thinking());
        }
        if (!message.toolCalls().isEmpty()) {
            ArrayNode calls = json.putArray("toolCalls");
            message.toolCalls().forEach(call -> calls.add(write(call)));
        }
        if (message.toolCallId() != null) {
            json.put("toolCallId", message.toolCallId());
        }
        return json;
    }

    static ObjectNode write(ToolCall call) {
        ObjectNode json = Json.object().put("id", call.id()).put("name", call.name());
        json.set("arguments", Json.tree(call.arguments()));
        return json;
    }
}
