/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.AssistantTurn;
import dev.millrace.plugin.openai.talk.ToolSchemas;
import java.util.ArrayList;
import java.util.List;

/** Reads the input of a response: text, or items. */
final class ResponseInput {

    private ResponseInput() {
    }

    static List<Message> read(Fields request) {
        List<Message> messages = new ArrayList<>();
        request.text("instructions").ifPresent(text -> messages.add(Message.system(text)));
        JsonNode input = request.find("input").orElseThrow(
                () -> new ApiError(400, "input is missing.", "input", "missing_required_parameter"));
        if (input.isTextual()) {
            messages.add(Message.user(input.textValue()));
            return messages;
        }
        if (!input.isArray()) {
            throw new ApiError(400, "input must be a string or an array.", "input", "invalid_type");
        }
        if (input.isEmpty()) {
            throw ApiError.wrong("input", "input must hold a message of the user.");
        }
        AssistantTurn turn = new AssistantTurn(messages);
        for (Fields item : request.objects("input")) {
            item.harmless("id", "status", "phase", "encrypted_content");
            String type = item.text("type").orElse("message");
            switch (type) {
                case "message" -> message(item, messages, turn);
                case "reasoning" -> reasoning(item, turn);
                case "function_call" -> {
                    turn.called(new ToolCall(item.requiredText("call_id"), item.requiredText("name"),
                            Json.plain(ToolSchemas.arguments(item))));
                }
                case "function_call_output" -> {
                    turn.end();
                    messages.add(Message.tool(item.requiredText("call_id"), text(item, "output")));
                }
                case "item_reference" -> throw ApiError.unsupported(item.path("type"),
                        "Nothing is stored here: send the item itself instead of a reference.");
                default -> throw ApiError.unsupported(item.path("type"), item.path("type")
                        + " must be message, reasoning, function_call or function_call_output.");
            }
        }
        turn.end();
        return messages;
    }

    private static void message(Fields item, List<Message> messages, AssistantTurn turn) {
        item.requiredText("role");
        String role = item.word("role", "system", "developer", "user", "assistant").orElseThrow();
        String content = text(item, "content");
        if (role.equals("assistant")) {
            turn.said(content);
            return;
        }
        turn.end();
        messages.add(role.equals("user") ? Message.user(content) : Message.system(content));
    }

    private static void reasoning(Fields item, AssistantTurn turn) {
        String content = item.has("content") ? text(item, "content") : "";
        turn.thought(content.isEmpty() ? text(item, "summary") : content);
    }

    /** Text, or parts of text. */
    private static String text(Fields item, String name) {
        JsonNode value = item.find(name).orElseThrow(() -> new ApiError(400, item.path(name) + " is missing.",
                item.path(name), "missing_required_parameter"));
        if (!value.isArray()) {
            return item.text(name).orElse("");
        }
        StringBuilder text = new StringBuilder();
        for (Fields part : item.objects(name)) {
            part.harmless("annotations", "logprobs");
            String type = part.requiredText("type");
            switch (type) {
                case "input_text", "output_text", "text", "reasoning_text", "summary_text" ->
                    text.append(part.requiredText("text"));
                case "refusal" -> text.append(part.requiredText("refusal"));
                default -> throw ApiError.unsupported(part.path("type"),
                        part.path("type") + " must be text: the models here read nothing else.");
            }
        }
        return text.toString();
    }
}
