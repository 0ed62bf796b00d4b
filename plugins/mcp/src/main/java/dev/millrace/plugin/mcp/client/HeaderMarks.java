/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.rpc.Json;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Arguments that a tool's schema wants to be repeated in headers; revision 2026-07-28 over HTTP. */
final class HeaderMarks {

    private static final long SAFE = (1L << 53) - 1;

    private HeaderMarks() {
    }

    /** What is wrong with the marks of a schema, as the end of a sentence; empty if nothing is. */
    static Optional<String> problem(ObjectNode schema) {
        Set<String> seen = new HashSet<>();
        Optional<String> found = inProperties(schema, seen);
        if (found.isPresent()) {
            return found;
        }
        int all = count(schema);
        return all == seen.size() ? Optional.empty() : Optional.of("marks a header at a place that no call has");
    }

    private static Optional<String> inProperties(ObjectNode schema, Set<String> seen) {
        for (Map.Entry<String, JsonNode> property : Json.object(schema, "properties").properties()) {
            if (!(property.getValue() instanceof ObjectNode described)) {
                continue;
            }
            if (described.has(HttpNames.MARK)) {
                JsonNode mark = described.path(HttpNames.MARK);
                if (!mark.isTextual() || !mark.textValue().matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")) {
                    return Optional.of("marks a header whose name cannot be one");
                }
                if (!Set.of("string", "integer", "boolean").contains(described.path("type").asText())) {
                    return Optional.of("marks a header for an argument that is neither text, whole number nor boolean");
                }
                if (!seen.add(mark.textValue().toLowerCase(Locale.ROOT))) {
                    return Optional.of("marks the header " + mark.textValue() + " twice");
                }
            }
            Optional<String> inside = inProperties(described, seen);
            if (inside.isPresent()) {
                return inside;
            }
        }
        return Optional.empty();
    }

    private static int count(JsonNode node) {
        int count = node.isObject() && node.has(HttpNames.MARK) ? 1 : 0;
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (field.getKey().equals("properties") && field.getValue().isObject()) {
                // an argument may be called like the mark
                for (JsonNode property : field.getValue()) {
                    count += count(property);
                }
            } else {
                count += count(field.getValue());
            }
        }
        if (node.isArray()) {
            for (JsonNode item : node) {
                count += count(item);
            }
        }
        return count;
    }

    /** The headers of a call. */
    static Map<String, String> headers(ObjectNode schema, JsonNode arguments) {
        Map<String, String> headers = new LinkedHashMap<>();
        add(schema, arguments, headers);
        return headers;
    }

    private static void add(ObjectNode schema, JsonNode arguments, Map<String, String> headers) {
        for (Map.Entry<String, JsonNode> property : Json.object(schema, "properties").properties()) {
            JsonNode value = arguments.path(property.getKey());
            if (!(property.getValue() instanceof ObjectNode described) || value.isMissingNode() || value.isNull()) {
                continue;
            }
            if (described.has(HttpNames.MARK) && value.isValueNode()
                    && !(value.isNumber() && Math.abs(value.doubleValue()) > SAFE)) {
                headers.put(HttpNames.PARAM + described.path(HttpNames.MARK).asText(),
                        HttpNames.encoded(
                                value.isNumber() ? value.decimalValue().toBigInteger().toString() : value.asText()));
            }
            add(described, value, headers);
        }
    }
}
