/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Message;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.text.dialect.Lfm2Dialect;
import dev.millrace.text.dialect.ParsedAnswer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The shipped model, rounded to 8 bits, makes the same tool calls as the reference does with the weights as trained. */
class NanoReferenceTest {

    private static final Path EXPECTED = Path.of(System.getProperty("millrace.shared", "shared"), "nano",
            "expected.json");

    private static Object value(Map<?, ?> map, String key) {
        return Objects.requireNonNull(map.get(key), key);
    }

    private static Map<String, @Nullable Object> object(Object value) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        ((Map<?, ?>) value).forEach((key, item) -> map.put((String) key, item));
        return map;
    }

    private static List<Message> messages(List<?> source) {
        List<Message> messages = new ArrayList<>();
        for (Object item : source) {
            Map<?, ?> message = (Map<?, ?>) item;
            String content = message.get("content") instanceof String text ? text : "";
            messages.add(switch ((String) value(message, "role")) {
                case "user" -> Message.user(content);
                case "tool" -> Message.tool("call", content);
                case "system" -> Message.system(content);
                default -> assistant(message, content);
            });
        }
        return messages;
    }

    private static Message assistant(Map<?, ?> message, String content) {
        List<ToolCall> calls = new ArrayList<>();
        if (message.get("tool_calls") instanceof List<?> list) {
            for (Object item : list) {
                Map<?, ?> function = (Map<?, ?>) value((Map<?, ?>) item, "function");
                calls.add(new ToolCall("call", (String) value(function, "name"), object(value(function, "arguments"))));
            }
        }
        return Message.assistant(content, message.get("thinking") instanceof String text ? text : null, calls);
    }

    private static List<String> spoken(List<ToolCall> calls) {
        return calls.stream().map(call -> call.name() + Json.write(call.arguments())).toList();
    }

    @Test
    void makesTheSameToolCalls() throws IOException {
        assumeTrue(Files.exists(EXPECTED), "reference data is not here");
        List<?> cases = (List<?>) value((Map<?, ?>) Objects.requireNonNull(Json.parse(Files.readString(EXPECTED))),
                "cases");
        int calls = 0;
        try (Millrace millrace = Millrace.start(); Model model = millrace.open("nano")) {
            for (Object item : cases) {
                Map<?, ?> expected = (Map<?, ?>) item;
                List<Message> messages = messages((List<?>) value(expected, "messages"));
                List<ToolDefinition> tools = ((List<?>) value(expected, "tools")).stream().map(tool -> (Map<?, ?>) tool)
                        .map(tool -> new ToolDefinition((String) value(tool, "name"),
                                (String) value(tool, "description"),
                                object(value(tool, "parameters"))))
                        .toList();
                ParsedAnswer reference = ParsedAnswer.of(new Lfm2Dialect(), (String) value(expected, "text"));
                try (Conversation conversation = model.conversation().declare(tools).sampling(Sampling.greedy())
                        .messages(messages.subList(0, messages.size() - 1)).start()) {
                    Answer answer = conversation.send(List.of(messages.getLast())).answer();
                    assertEquals(spoken(reference.calls()), spoken(answer.toolCalls()), messages.getLast().content());
                    calls += answer.toolCalls().size();
                }
            }
        }
        assertTrue(calls >= 9, "only " + calls + " calls were made");
    }
}
