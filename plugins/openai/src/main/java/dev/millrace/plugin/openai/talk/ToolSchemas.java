/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the definitions of tools. The APIs wrap them differently. */
public final class ToolSchemas {

    private ToolSchemas() {
    }

    /**
     * Reads a definition.
     *
     * @param fields with {@code name} and {@code description}
     * @param schema the name of the field that holds the JSON schema
     */
    public static ToolDefinition read(Fields fields, String schema) {
        String name = fields.requiredText("name");
        if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
            throw ApiError.wrong(fields.path("name"),
                    fields.path("name") + " must have 1 to 64 letters, digits or '_', '.', '-'.");
        }
        ObjectNode parameters = fields.object(schema).map(inner -> {
            inner.node().fieldNames().forEachRemaining(inner::harmless);
            return inner.node();
        }).orElseGet(() -> Json.object().put("type", "object").set("properties", Json.object()));
        return new ToolDefinition(name, fields.text("description").orElse(""), Json.plain(parameters));
    }

    /**
     * The {@code arguments} of a call: an object, as Ollama writes it, or a text that holds one, as OpenAI does; nothing and blanks
     * are none.
     *
     * @throws ApiError 400 if they are something else
     */
    public static ObjectNode arguments(Fields function) {
        Optional<JsonNode> given = function.find("arguments");
        if (given.isPresent() && given.get() instanceof ObjectNode object) {
            return object;
        }
        if (given.isPresent() && !given.get().isTextual()) {
            throw ApiError.wrong(function.path("arguments"),
                    function.path("arguments") + " must be an object, or a string that holds one.");
        }
        String text = function.text("arguments").orElse("");
        return text.isBlank() ? Json.object() : Json.object(text, function.path("arguments"));
    }

    /** Whether the model shall be held to a tool's schema. */
    public static boolean isStrict(Fields fields) {
        return fields.flag("strict");
    }

    /**
     * Of some tools those that {@code tool_choice} allows: all of them, unless it is an {@code allowed_tools}.
     *
     * @throws ApiError 400 if it allows one that is not offered
     */
    public static List<ToolDefinition> allowed(List<ToolDefinition> tools, Fields request) {
        Optional<Fields> allowed = Held.allowed(request);
        if (allowed.isEmpty()) {
            return tools;
        }
        Set<String> names = new LinkedHashSet<>();
        for (Fields tool : allowed.get().objects("tools")) {
            tool.harmless("type");
            names.add(tool.object("function").orElse(tool).requiredText("name"));
        }
        for (String name : names) {
            if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
                throw ApiError.wrong(allowed.get().path("tools"),
                        allowed.get().path("tools") + " names " + name + ", which is not among the tools.");
            }
        }
        return tools.stream().filter(tool -> names.contains(tool.name())).toList();
    }

    /** Refuses two tools of one name. */
    public static List<ToolDefinition> unique(List<ToolDefinition> tools) {
        Set<String> names = new HashSet<>();
        for (ToolDefinition tool : tools) {
            if (!names.add(tool.name())) {
                throw ApiError.wrong("tools", "Two tools have the name " + tool.name() + ".");
            }
        }
        return List.copyOf(tools);
    }
}
