/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.text.marked.MarkedText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Messages and tools in the shape that chat templates take. Roles and types are words of the runtime. Everything else is a plain
 * string, and so inert.
 */
final class TemplateVariables {

    private static final String THINK = "<think>";
    private static final String THOUGHT = "</think>";
    private static final MarkedText FUNCTION = MarkedText.trusted("function");

    private static final int SHORT_ID_LENGTH = 9;
    private static final Pattern SHORT_ID = Pattern.compile("[A-Za-z0-9]{" + SHORT_ID_LENGTH + "}");

    private final TemplateTraits traits;
    private final GuardedCalls calls;

    TemplateVariables(TemplateTraits traits, GuardedCalls calls) {
        this.traits = traits;
        this.calls = calls;
    }

    /** The messages; first a system message, with the tools as JSON, if the template shows no tools otherwise. */
    List<Map<String, Object>> messages(List<Message> messages, List<ToolDefinition> tools) {
        boolean inside = traits.tools() == TemplateTraits.Tools.SYSTEM_MESSAGE;
        if (tools.isEmpty() || (!inside && traits.tools() != TemplateTraits.Tools.VARIABLE_WITH_SYSTEM)) {
            return messages(messages);
        }
        boolean has = !messages.isEmpty() && messages.getFirst().role() == Message.Role.SYSTEM;
        List<Message> all = new ArrayList<>(messages);
        if (!has) {
            all.addFirst(Message.system(""));
        }
        List<Map<String, Object>> out = messages(all);
        if (inside) {
            out.getFirst().put("tools", Json.write(tools.stream().map(TemplateVariables::schema).toList()));
        }
        return out;
    }

    private List<Map<String, Object>> messages(List<Message> messages) {
        List<Map<String, Object>> out = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        for (Message message : messages) {
            message.toolCalls().forEach(call -> names.put(call.id(), call.name()));
            Map<String, Object> variables = message(message, names);
            if (traits.inParts().contains(message.role())) {
                variables.computeIfPresent("content", (key, text) -> TemplateTraits.parts(text));
            }
            out.add(variables);
        }
        return out;
    }

    private Map<String, Object> message(Message message, Map<String, String> names) {
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("role", MarkedText.trusted(message.role().name().toLowerCase(Locale.ROOT)));
        if (message.role() == Message.Role.ASSISTANT) {
            assistant(message, out);
        } else {
            out.put("content", message.content());
        }
        String id = message.toolCallId();
        if (id != null) {
            String name = names.get(id);
            if (name != null) {
                out.put("name", name);
            }
            out.put("tool_call_id", id(id));
        }
        return out;
    }

    private void assistant(Message message, Map<String, Object> out) {
        String content = message.content();
        String thinking = message.thinking();
        int thought = thinking == null && content.stripLeading().startsWith(THINK) ? content.indexOf(THOUGHT) : -1;
        if (thought >= 0) {
            thinking = content.substring(content.indexOf(THINK) + THINK.length(), thought);
            content = content.substring(thought + THOUGHT.length()).stripLeading();
        }
        if (thinking != null) {
            out.put("thinking", thinking);
            out.put("reasoning_content", thinking);
        }
        boolean write = !message.toolCalls().isEmpty() && traits.calls() == TemplateTraits.Calls.IGNORED;
        out.put("content", write ? MarkedText.inert(content).plus(calls.write(message.toolCalls())) : content);
        if (!message.toolCalls().isEmpty() && !write) {
            out.put("tool_calls", message.toolCalls().stream().map(this::call).toList());
        }
    }

    /** As the template takes it; the same for a call and its result. */
    private String id(String id) {
        if (!traits.shortIds() || SHORT_ID.matcher(id).matches()) {
            return id;
        }
        // FNV-1a
        long hash = 0xcbf29ce484222325L;
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001b3L;
        }
        String digits = "00000000" + Long.toUnsignedString(hash, Character.MAX_RADIX);
        return digits.substring(digits.length() - SHORT_ID_LENGTH);
    }

    private Map<String, Object> call(ToolCall call) {
        Map<String, Object> function = new LinkedHashMap<>();
        function.put("name", call.name());
        function.put("arguments",
                traits.calls() == TemplateTraits.Calls.TEXT ? Json.write(call.arguments()) : call.arguments());
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("id", id(call.id()));
        out.put("type", FUNCTION);
        out.put("function", function);
        return out;
    }

    /** The schemas; none if there are no tools, or an empty list for templates that need one. */
    @Nullable
    List<Map<String, Object>> tools(List<ToolDefinition> tools) {
        if (tools.isEmpty()) {
            return traits.needsToolList() ? List.of() : null;
        }
        return tools.stream().map(this::tool).toList();
    }

    private static Map<String, Object> schema(ToolDefinition tool) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("name", tool.name());
        schema.put("description", tool.description());
        schema.put("parameters", tool.parameters());
        return schema;
    }

    private Map<String, Object> tool(ToolDefinition tool) {
        Map<String, Object> schema = schema(tool);
        if (!traits.wrappedTools()) {
            return schema;
        }
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("type", FUNCTION);
        out.put("function", schema);
        return out;
    }
}
