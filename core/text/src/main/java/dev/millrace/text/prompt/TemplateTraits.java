/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.text.template.ChatTemplate;
import dev.millrace.text.template.MarkedText;
import dev.millrace.text.template.TemplateException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a template expects and does, found out by rendering small conversations with it.
 *
 * @param calls what it does with {@code tool_calls} of earlier messages
 * @param wrappedTools whether tools come as {@code {"type": "function", "function": {...}}} instead of plain schemas
 * @param needsToolList whether it fails when {@code tools} is none, and wants an empty list
 */
record TemplateTraits(Calls calls, boolean wrappedTools, boolean needsToolList) {

    /** What a template does with earlier calls. */
    enum Calls {
        /** It writes them and takes arguments as objects. */
        OBJECTS,
        /** It writes them and takes arguments as JSON text. */
        TEXT,
        /** It has no word for them. */
        IGNORED
    }

    private static final String NAME = "millrace_probe";
    /** An argument shows that a call was written; its name alone might stand with the result. */
    private static final String ARGUMENT = "millrace_argument";
    /** Some templates insist on nine letters and digits. */
    private static final String CALL_ID = "probe0000";

    static TemplateTraits of(ChatTemplate template, Dialect dialect, Map<String, MarkedText> tokens) {
        Probe probe = new Probe(template, tokens);
        boolean needsToolList = probe.render(List.of(user()), null) == null
                && probe.render(List.of(user()), List.of()) != null;
        return new TemplateTraits(calls(probe), wrapsTools(probe, dialect), needsToolList);
    }

    /** A template that cannot be rendered with a call at all will say so itself when it comes to that. */
    private static Calls calls(Probe probe) {
        boolean rendered = false;
        for (Calls form : List.of(Calls.OBJECTS, Calls.TEXT)) {
            Object arguments = form == Calls.OBJECTS ? Map.of(ARGUMENT, 1L) : "{\"" + ARGUMENT + "\": 1}";
            Map<String, Object> function = Map.of("name", NAME, "arguments", arguments);
            Map<String, Object> call = Map.of("role", trusted("assistant"), "content", "", "tool_calls",
                    List.of(Map.of("id", CALL_ID, "type", trusted("function"), "function", function)));
            Map<String, Object> result = Map.of("role", trusted("tool"), "content", "ok", "name", NAME, "tool_call_id",
                    CALL_ID);
            for (List<Map<String, Object>> conversation : List.of(List.of(user(), call, result),
                    List.of(user(), call))) {
                String text = probe.render(conversation, List.of());
                if (text != null && text.contains(ARGUMENT)) {
                    return form;
                }
                rendered |= text != null;
            }
        }
        return rendered ? Calls.IGNORED : Calls.OBJECTS;
    }

    /**
     * Where a template reads the schema, only one form works. Where it only prints it, both do, and the dialect decides:
     * models that write calls as Python know plain schemas, models that write JSON know those of OpenAI.
     */
    private static boolean wrapsTools(Probe probe, Dialect dialect) {
        Map<String, Object> schema = schema();
        boolean plain = probe.shows(schema);
        boolean wrapped = probe.shows(Map.of("type", "function", "function", schema));
        if (plain != wrapped) {
            return wrapped;
        }
        return !dialect.write(List.of(new ToolCall("0", NAME, Map.of("a", 1L)))).contains(NAME + "(");
    }

    private static Map<String, Object> schema() {
        return Map.of("name", NAME, "description", "Probes.", "parameters",
                Map.of("type", "object", "properties", Map.of("a", Map.of("type", "integer", "description", "A.")),
                        "required",
                        List.of("a")));
    }

    private static Map<String, Object> user() {
        return Map.of("role", trusted("user"), "content", "Hello");
    }

    private static MarkedText trusted(String text) {
        return MarkedText.trusted(text);
    }

    /** Renders, and takes every failure for an answer. */
    private record Probe(ChatTemplate template, Map<String, MarkedText> tokens) {

        @Nullable
        String render(List<Map<String, Object>> messages, @Nullable List<?> tools) {
            Map<String, @Nullable Object> variables = new HashMap<>(tokens);
            variables.put("messages", messages);
            variables.put("tools", tools);
            variables.put("add_generation_prompt", true);
            try {
                return template.render(variables);
            } catch (TemplateException e) {
                return null;
            }
        }

        boolean shows(Map<String, Object> tool) {
            String text = render(List.of(user()), List.of(tool));
            return text != null && text.contains(NAME);
        }
    }
}
