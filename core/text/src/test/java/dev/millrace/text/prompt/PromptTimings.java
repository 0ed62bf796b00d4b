/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.text.template.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Prints how long a conversation of 100 messages takes to render, and to render and encode, after warm-up. Arguments: a
 * template file; without one, the nano model's.
 */
final class PromptTimings {

    private static final int ROUNDS = 300;

    private PromptTimings() {
    }

    public static void main(String[] args) throws IOException {
        String source = args.length > 0 ? Files.readString(Path.of(args[0])) : NanoModel.template();
        List<Message> messages = new ArrayList<>(List.of(Message.system("You run inside a gateway.")));
        List<Map<String, Object>> plain = new ArrayList<>();
        for (int i = 0; messages.size() < 100; i++) {
            messages.add(Message.user("What is the temperature in room " + i + "? ".repeat(20)));
            messages.add(Message.assistant("", "I call read_sensor for room " + i + ".",
                    List.of(new ToolCall("c" + i, "read_sensor", Map.of("room", "r" + i)))));
            messages.add(Message.tool("c" + i, "{\"value\": " + i + ", \"unit\": \"C\"}"));
        }
        for (Message message : messages) {
            plain.add(Map.of("role", "user", "content", message.content()));
        }
        List<ToolDefinition> tools = NanoModel.cases().getFirst().tools();
        PromptWriter writer = PromptWriter.of(Optional.of(source), NanoModel.tokenizer(), NanoModel.careless());
        ChatTemplate template = ChatTemplate.compile(source);
        Map<String, Object> variables = new HashMap<>(
                Map.of("messages", plain, "add_generation_prompt", true, "bos_token", "<s>"));
        report("render", () -> template.render(variables).length());
        report("render and encode", () -> writer.write(messages, tools, true).ids().length);
    }

    /** What is measured; gives a size, so that nothing is optimised away. */
    @FunctionalInterface
    private interface Work {
        int run();
    }

    private static void report(String what, Work work) {
        double[] millis = new double[ROUNDS];
        int size = 0;
        for (int i = 0; i < ROUNDS; i++) {
            long begin = System.nanoTime();
            size = work.run();
            millis[i] = (System.nanoTime() - begin) / 1e6;
        }
        double first = millis[0];
        Arrays.sort(millis, ROUNDS / 2, ROUNDS);
        System.out.printf("%s: first %.2f ms, median after warm-up %.3f ms, size %d%n", what, first,
                millis[ROUNDS * 3 / 4], size);
    }
}
