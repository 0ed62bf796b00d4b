/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tool definitions in a file: a JSON array, an object with one under {@code tools}, or one tool alone. Each is plain, wrapped as
 * in OpenAI's interface, or as Anthropic's interface and the Model Context Protocol write it. A key that is not known is refused.
 */
final class ToolFile {

    private static final List<String> SCHEMAS = List.of("parameters", "input_schema", "inputSchema");
    private static final Set<String> WRAPPER = Set.of("type", "function");
    /** The last ones tell other programs something about the tool, not the model. */
    private static final Set<String> KEYS = Set.of("type", "name", "description", "parameters", "input_schema",
            "inputSchema", "strict", "title", "annotations", "outputSchema", "icons", "execution", "_meta",
            "cache_control",
            "return", "response");
    /** What stands beside the tools in a server's answer. */
    private static final Set<String> LISTING = Set.of("tools", "nextCursor", "_meta");
    private static final Set<String> TYPES = Set.of("function", "custom");

    private ToolFile() {
    }

    /**
     * Reads the definitions.
     *
     * @throws IOException if the file cannot be read
     * @throws MillraceException if it does not hold tool definitions
     */
    static List<ToolDefinition> read(Path file) throws IOException {
        List<ToolDefinition> tools = new ArrayList<>();
        for (Object item : list(TextFile.json(file), file)) {
            tools.add(tool(item, file + ", tool " + (tools.size() + 1) + ": "));
        }
        return tools;
    }

    /** A list, or what a server answers to a question for its tools. */
    private static List<?> list(@Nullable Object content, Path file) {
        Object inner = content instanceof Map<?, ?> map && map.get("result") instanceof Map<?, ?> result
                ? result
                : content;
        if (inner instanceof Map<?, ?> map && map.get("tools") instanceof List<?> tools
                && LISTING.containsAll(map.keySet())) {
            if (map.get("nextCursor") != null) {
                throw new MillraceException(file + " holds some tools of a server only: its nextCursor says that more"
                        + " follow; put all of them into one list \"tools\".");
            }
            if (tools.isEmpty()) {
                throw new MillraceException(file + " holds no tool: its list \"tools\" is empty.");
            }
            return tools;
        }
        if (inner instanceof List<?> tools) {
            return tools;
        }
        if (inner instanceof Map<?, ?> map
                && (map.get("name") instanceof String || map.get("function") instanceof Map)) {
            return List.of(map);
        }
        throw new MillraceException(file + " must hold a JSON array of tool definitions.");
    }

    private static ToolDefinition tool(@Nullable Object item, String where) {
        boolean wrapped = item instanceof Map<?, ?> m && m.get("function") instanceof Map<?, ?>;
        if (wrapped && item instanceof Map<?, ?> outer) {
            checkKeys(outer, WRAPPER, where);
        }
        Object plain = wrapped && item instanceof Map<?, ?> outer ? outer.get("function") : item;
        if (!(plain instanceof Map<?, ?> tool) || !(tool.get("name") instanceof String name)) {
            throw new MillraceException(where + "expected an object with name, description and parameters.");
        }
        checkKeys(tool, KEYS, where);
        if (tool.containsKey("type") && !TYPES.contains(tool.get("type"))) {
            throw new MillraceException(where + "the type " + tool.get("type")
                    + " is not known; expected function.");
        }
        Object description = tool.get("description");
        if (description != null && !(description instanceof String)) {
            throw new MillraceException(where + "the description must be a string.");
        }
        try {
            return new ToolDefinition(name, description instanceof String s ? s : "",
                    parameters(schema(tool, where), where));
        } catch (IllegalArgumentException e) {
            throw new MillraceException(where + e.getMessage(), e);
        }
    }

    private static void checkKeys(Map<?, ?> tool, Set<String> known, String where) {
        for (Object key : tool.keySet()) {
            if (!known.contains(key)) {
                throw new MillraceException(
                        where + "the key " + key + " is not known; a tool has a name, a description and"
                                + " parameters (also called input_schema or inputSchema).");
            }
        }
    }

    private static @Nullable Object schema(Map<?, ?> tool, String where) {
        List<String> given = SCHEMAS.stream().filter(tool::containsKey).toList();
        if (given.size() > 1) {
            throw new MillraceException(
                    where + "only one of " + String.join(" and ", given) + " can say the parameters.");
        }
        return given.isEmpty() ? null : tool.get(given.getFirst());
    }

    private static Map<String, @Nullable Object> parameters(@Nullable Object value, String where) {
        Map<String, @Nullable Object> parameters = new LinkedHashMap<>();
        if (value == null) {
            parameters.put("type", "object");
            parameters.put("properties", Map.of());
            return parameters;
        }
        if (!(value instanceof Map<?, ?> map)) {
            throw new MillraceException(where + "the parameters must be a JSON schema, an object.");
        }
        map.forEach((key, part) -> parameters.put(String.valueOf(key), part));
        return parameters;
    }
}
