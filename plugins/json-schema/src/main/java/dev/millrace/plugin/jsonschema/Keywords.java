/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which keywords of a schema are left to judge once the runtime has looked at the arguments. */
final class Keywords {

    /** Deeper schemas are left to the library with its limits. */
    private static final int DEEPEST = 64;

    /** Say nothing about what is valid. */
    private static final Set<String> NOTES = Set.of("title", "description", "default", "examples", "deprecated",
            "readOnly",
            "writeOnly", "$comment", "format");
    /** Judged by the runtime, with no schema inside. */
    private static final Set<String> JUDGED = Set.of("type", "enum", "required");

    private Keywords() {
    }

    /** Whether the schema has a keyword that nobody has judged yet. */
    static boolean needJudging(Map<?, ?> schema) {
        return needsJudging(schema, 0);
    }

    private static boolean needsJudging(@Nullable Object rule, int depth) {
        if (!(rule instanceof Map<?, ?> schema)) {
            // false allows nothing, a list in place of a schema is a tuple of old drafts, anything else is malformed
            return !Boolean.TRUE.equals(rule);
        }
        if (depth > DEEPEST) {
            return true;
        }
        for (Map.Entry<?, ?> entry : schema.entrySet()) {
            Object keyword = entry.getKey();
            Object value = entry.getValue();
            boolean open = switch (String.valueOf(keyword)) {
                case "properties" -> !(value instanceof Map<?, ?> properties)
                        || properties.values().stream().anyMatch(property -> needsJudging(property, depth + 1));
                case "additionalProperties" -> !Boolean.FALSE.equals(value) && needsJudging(value, depth + 1);
                case "items" -> needsJudging(value, depth + 1);
                case "type" -> !(value instanceof String || value instanceof List<?>);
                default -> !NOTES.contains(keyword) && !JUDGED.contains(keyword);
            };
            if (open) {
                return true;
            }
        }
        return false;
    }
}
