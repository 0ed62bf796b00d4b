/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.ToolSchemas;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the messages of chat completions. */
final class ChatMessages {

    private ChatMessages() {
    }

    static List<Message> read(Fields request) {
        if (!request.has("messages")) {
            throw new ApiError(400, "messages is missing.", "messages", "missing_required_parameter");
        }
        List<Message> messages = new ArrayList<>();
        for (Fields fields : request.objects("messages")) {
            messages.add(message(fields));
        }
        return messages;
    }

    private static Message message(Fields fields) {
        fields.harmless("name", "refusal", "annotations", "cache_control");
        fields.requiredText("role");
        String role = fields.word("role", "system", "developer", "user", "assistant", "tool").orElseThrow();
        return switch (role) {
            case "system", "developer" -> Message.system(content(fields, true));
            case "user" -> Message.user(content(fields, true));
            case "tool" -> Message.tool(fields.requiredText("tool_call_id"), content(fields, true));
            default -> assistant(fields);
        };
    }

    private static Message assistant(Fields fields) {
        fields.refuse("audio", "is not supported.");
        fields.refuse("function_call", "is not supported: use tool_calls.");
        List<ToolCall> calls = new ArrayList<>();
        for (Fields call : fields.objects("tool_calls")) {
            call.harmless("index");
            call.word("type", "function");
            Fields function = call.requiredObject("function");
            calls.add(new ToolCall(call.requiredText("id"), function.requiredText("name"),
                    Json.plain(ToolSchemas.arguments(function))));
        }
        Optional<String> thinking = fields.text("reasoning_content");
        Optional<String> other = fields.text("reasoning");
        return Message.assistant(content(fields, calls.isEmpty()),
                thinking.or(() -> other).filter(text -> !text.isEmpty()).orElse(null), calls);
    }

    /** The content: a string, or parts of text. */
    static String content(Fields fields, boolean needed) {
        Optional<JsonNode> content = fields.find("content");
        if (content.isEmpty()) {
            if (needed && !fields.text("role").filter("assistant"::equals).isPresent()) {
                throw new ApiError(400, fields.path("content") + " is missing.", fields.path("content"),
                        "missing_required_parameter");
            }
            return "";
        }
        if (!content.get().isArray()) {
            return fields.text("content").orElse("");
        }
        StringBuilder text = new StringBuilder();
        for (Fields part : fields.objects("content")) {
            part.harmless("cache_control");
            String type = part.requiredText("type");
            switch (type) {
                case "text" -> text.append(part.requiredText("text"));
                case "refusal" -> text.append(part.requiredText("refusal"));
                default -> throw ApiError.unsupported(part.path("type"),
                        part.path("type") + " must be text: the models here read nothing else.");
            }
        }
        return text.toString();
    }
}
