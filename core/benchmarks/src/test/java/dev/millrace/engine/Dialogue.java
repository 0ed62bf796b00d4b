/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for, and the calls that are right.
 *
 * @param messages all before the last turn that calls
 * @param tools that the model is told of
 * @param right the calls of that turn
 */
record Dialogue(List<Message> messages, List<ToolDefinition> tools, List<ToolCall> right) {

    /** Those of a file that call tools: one JSON array of messages and tools in a line, as the recipe of the nano model makes them. */
    static List<Dialogue> read(Path file) throws IOException {
        List<Dialogue> all = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            of((List<?>) Json.parse(line)).ifPresent(all::add);
        }
        return all;
    }

    /** All that stands before the calls of the last turn. */
    private static Optional<Dialogue> of(@Nullable List<?> dialogue) {
        if (dialogue == null || !(dialogue.get(0) instanceof List<?> messages)
                || !(dialogue.get(1) instanceof List<?> tools)) {
            return Optional.empty();
        }
        int last = -1;
        for (int i = 0; i < messages.size(); i++) {
            last = ((Map<?, ?>) messages.get(i)).get("tool_calls") instanceof List ? i : last;
        }
        if (last < 0) {
            return Optional.empty();
        }
        List<Message> before = new ArrayList<>();
        for (Object each : messages.subList(0, last)) {
            before.add(message((Map<?, ?>) each));
        }
        // only the turn that calls last: what was said and called before it stands in the messages
        return Optional.of(new Dialogue(before, tools.stream().map(each -> tool((Map<?, ?>) each)).toList(),
                calls((Map<?, ?>) messages.get(last))));
    }

    private static Message message(Map<?, ?> message) {
        String content = String.valueOf(message.get("content"));
        return switch (String.valueOf(message.get("role"))) {
            case "system" -> Message.system(content);
            case "user" -> Message.user(content);
            case "tool" -> Message.tool("call", content);
            default -> Message.assistant(content, String.valueOf(message.get("thinking")), calls(message));
        };
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> object(Map<?, ?> holder, String name) {
        return holder.get(name) instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
    }

    private static List<ToolCall> calls(Map<?, ?> message) {
        List<ToolCall> all = new ArrayList<>();
        if (message.get("tool_calls") instanceof List<?> list) {
            for (Object each : list) {
                Map<String, @Nullable Object> function = object((Map<?, ?>) each, "function");
                all.add(new ToolCall("call", String.valueOf(function.get("name")),
                        object(function, "arguments")));
            }
        }
        return all;
    }

    private static ToolDefinition tool(Map<?, ?> tool) {
        return new ToolDefinition(String.valueOf(tool.get("name")), String.valueOf(tool.get("description")),
                object(tool, "parameters"));
    }
}
