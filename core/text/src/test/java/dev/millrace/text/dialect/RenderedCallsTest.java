/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.ModelText;
import dev.millrace.text.template.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a family's own template writes for an answer with a call, the family's dialect reads as that call: templates of the
 * reference data, rendered as the reference does ({@code GoldenTemplatesTest}).
 */
class RenderedCallsTest {

    /** How templates end an answer; the token is not a part of what is read. */
    private static final List<String> ENDS = List.of("<|im_end|>", "<|eot_id|>", "<|eom_id|>", "</s>", "<|end|>",
            "<|end_of_text|>", "<|call|>");

    /** Templates that do not write calls at all are not here; for those the dialect writes them. */
    @ParameterizedTest
    @ValueSource(strings = {"LFM2.5-8B-A1B", "NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "Qwen-Qwen2.5-7B-Instruct",
            "Qwen-Qwen3-0.6B",
            "ibm-granite-granite-4.0", "meta-llama-Llama-3.1-8B-Instruct", "meta-llama-Llama-3.2-3B-Instruct",
            "mistralai-Mistral-Nemo-Instruct-2407", "openai-gpt-oss-120b"})
    void aRenderedCallIsReadBack(String name) throws IOException {
        Path file = Path.of(System.getProperty("millrace.shared", "absent"), "golden", "templates", name + ".jinja");
        assumeTrue(Files.exists(file), "no reference data");
        String source = Files.readString(file);
        Map<String, Object> function = Map.of("name", "set_device", "arguments",
                Map.of("name", "kitchen_lamp", "state", "on"));
        Map<String, Object> user = Map.of("role", "user", "content", "Lamp on");
        Map<String, Object> call = Map.of("role", "assistant", "content", "", "tool_calls",
                List.of(Map.of("id", "abcdef123", "type", "function", "function", function)));
        Map<String, Object> result = Map.of("role", "tool", "name", "set_device", "tool_call_id", "abcdef123",
                "content", "{\"ok\": true}");
        ChatTemplate template = ChatTemplate.compile(source);
        String before = template.render(input(List.of(user), true));
        String after = template.render(input(List.of(user, call, result), false));
        assertEquals(before, after.substring(0, Math.min(before.length(), after.length())), "the prompt goes on");
        String written = after.substring(before.length());
        int end = ENDS.stream().mapToInt(written::indexOf).filter(at -> at >= 0).min().orElse(written.length());
        Dialect dialect = Dialects.choose(Dialects.builtIn(), new ModelText(source, source::contains));
        ParsedAnswer answer = ParsedAnswer.of(dialect, written.substring(0, end));
        assertEquals(1, answer.calls().size(), () -> dialect.id() + " of " + written);
        assertEquals("set_device", answer.calls().getFirst().name());
        assertEquals(Map.of("name", "kitchen_lamp", "state", "on"), answer.calls().getFirst().arguments());
        assertEquals("", answer.content());
    }

    private static Map<String, Object> input(List<Map<String, Object>> messages, boolean more) {
        Map<String, Object> text = Map.of("type", "string");
        Map<String, Object> input = new LinkedHashMap<>();
        input.put("messages", messages);
        input.put("tools", List.of(Map.of("type", "function", "function",
                Map.of("name", "set_device", "description", "Switch a device.", "parameters",
                        Map.of("type", "object", "properties", Map.of("name", text, "state", text), "required",
                                List.of("name", "state"))))));
        input.put("add_generation_prompt", more);
        input.put("bos_token", "<s>");
        input.put("eos_token", "</s>");
        return input;
    }
}
