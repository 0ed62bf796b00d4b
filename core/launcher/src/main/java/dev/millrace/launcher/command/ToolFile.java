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
import org.jspecify.annotations.Nullable;

/** Tool definitions in a file: a JSON array, each plain or wrapped as in OpenAI's interface. */
final class ToolFile {

    private ToolFile() {
    }

    /**
     * Reads the definitions.
     *
     * @throws IOException if the file cannot be read
     * @throws MillraceException if it does not hold tool definitions
     */
    static List<ToolDefinition> read(Path file) throws IOException {
        if (!(TextFile.json(file) instanceof List<?> list)) {
            throw new MillraceException(file + " must hold a JSON array of tool definitions.");
        }
        List<ToolDefinition> tools = new ArrayList<>();
        for (Object item : list) {
            String where = file + ", tool " + (tools.size() + 1) + ": ";
            Object plain = item instanceof Map<?, ?> m && m.get("function") instanceof Map<?, ?> inner ? inner : item;
            if (!(plain instanceof Map<?, ?> tool) || !(tool.get("name") instanceof String name)) {
                throw new MillraceException(where + "expected an object with name, description and parameters.");
            }
            Object description = tool.get("description");
            if (description != null && !(description instanceof String)) {
                throw new MillraceException(where + "the description must be a string.");
            }
            try {
                tools.add(new ToolDefinition(name, description instanceof String s ? s : "",
                        parameters(tool.get("parameters"), where)));
            } catch (IllegalArgumentException e) {
                throw new MillraceException(where + e.getMessage(), e);
            }
        }
        return tools;
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
