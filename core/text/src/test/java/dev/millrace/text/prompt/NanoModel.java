/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectParser;
import dev.millrace.spi.text.ModelText;
import dev.millrace.text.tokenizer.PromptTokenizer;
import dev.millrace.text.tokenizer.Tokenizers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The nano model's template, vocabulary and reference prompts. */
final class NanoModel {

    private NanoModel() {
    }

    static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(NanoModel.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String template() {
        return resource("nano.jinja");
    }

    static PromptTokenizer tokenizer() {
        return Tokenizers.of(new VocabularySource.HuggingFace(resource("../tokenizer/nano-tokenizer.json"),
                "<|startoftext|>", "<|im_end|>"));
    }

    /** One reference prompt. */
    record Case(List<Message> messages, List<ToolDefinition> tools, List<Long> ids) {
    }

    @SuppressWarnings("unchecked")
    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Object item : list(Json.parse(resource("nano-prompts.json")))) {
            Map<String, @Nullable Object> map = map(item);
            List<Message> messages = new ArrayList<>();
            for (Object message : list(map.get("messages"))) {
                messages.add(message(map(message), messages.size()));
            }
            List<ToolDefinition> tools = list(map.get("tools")).stream().map(tool -> map(tool))
                    .map(tool -> new ToolDefinition(text(tool, "name"), text(tool, "description"),
                            map(tool.get("parameters"))))
                    .toList();
            cases.add(new Case(messages, tools, (List<Long>) list(map.get("ids"))));
        }
        return cases;
    }

    private static Message message(Map<String, @Nullable Object> message, int index) {
        String content = text(message, "content");
        return switch (text(message, "role")) {
            case "system" -> Message.system(content);
            case "user" -> Message.user(content);
            case "tool" -> Message.tool("call-" + (index - 1), content);
            default -> {
                List<ToolCall> calls = new ArrayList<>();
                if (message.get("tool_calls") != null) {
                    for (Object call : list(message.get("tool_calls"))) {
                        Map<String, @Nullable Object> function = map(map(call).get("function"));
                        calls.add(
                                new ToolCall("call-" + index, text(function, "name"), map(function.get("arguments"))));
                    }
                }
                yield Message.assistant(content, (String) message.get("thinking"), calls);
            }
        };
    }

    private static List<?> list(@Nullable Object value) {
        return (List<?>) Objects.requireNonNull(value);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> map(@Nullable Object value) {
        return new LinkedHashMap<>((Map<String, @Nullable Object>) Objects.requireNonNull(value));
    }

    private static String text(Map<String, @Nullable Object> map, String key) {
        return (String) Objects.requireNonNull(map.get(key), key);
    }

    /** Writes calls as the nano model does, without any care for what the values spell. */
    static Dialect careless() {
        return new Dialect() {
            @Override
            public String id() {
                return "careless";
            }

            @Override
            public int match(ModelText model) {
                return 0;
            }

            @Override
            public DialectParser parser(boolean insideThinking) {
                throw new UnsupportedOperationException("This dialect only writes.");
            }

            @Override
            public String write(List<ToolCall> calls) {
                return "<|tool_call_start|>[" + calls.stream()
                        .map(call -> call.name() + "(" + call.arguments().entrySet().stream()
                                .map(argument -> argument.getKey() + "=" + Json.write(argument.getValue()))
                                .collect(Collectors.joining(", ")) + ")")
                        .collect(Collectors.joining(", ")) + "]<|tool_call_end|>";
            }
        };
    }

    /** Writes calls as JSON, as many other families do. */
    static Dialect json() {
        Dialect python = careless();
        return new Dialect() {
            @Override
            public String id() {
                return "json";
            }

            @Override
            public int match(ModelText model) {
                return 0;
            }

            @Override
            public DialectParser parser(boolean insideThinking) {
                return python.parser(insideThinking);
            }

            @Override
            public String write(List<ToolCall> calls) {
                return calls.stream().map(
                        call -> "<tool_call>" + Json.write(Map.of("name", call.name(), "arguments", call.arguments()))
                                + "</tool_call>")
                        .collect(Collectors.joining("\n"));
            }
        };
    }
}
