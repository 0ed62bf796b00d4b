/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Judges the arguments of a call by the plain words of its schema: which there are, which must be there, types and values of an
 * enum. What a schema says beyond that is judged by guards.
 */
final class Arguments {

    private Arguments() {
    }

    /** What is wrong, in a sentence that says what would be right; empty if nothing is. */
    static Optional<String> problem(ObjectNode schema, ObjectNode arguments) {
        ObjectNode properties = Json.object(schema, "properties");
        List<String> problems = new ArrayList<>();
        for (JsonNode name : schema.path("required")) {
            if (!arguments.has(name.asText())) {
                problems.add(name.asText() + " is missing");
            }
        }
        arguments.properties().forEach(argument -> {
            JsonNode property = properties.get(argument.getKey());
            if (property == null) {
                if (!properties.isEmpty() && !schema.path("additionalProperties").isObject()
                        && !schema.path("additionalProperties").asBoolean() && !schema.has("patternProperties")) {
                    problems.add("there is no argument " + shortened(argument.getKey()) + "; there are "
                            + String.join(", ", names(properties)));
                }
            } else if (!fits(property.path("type"), argument.getValue())) {
                problems.add(argument.getKey() + " must be of type " + property.path("type").asText("another"));
            } else if (property.path("enum").isArray() && !has(property.path("enum"), argument.getValue())) {
                problems.add(argument.getKey() + " must be one of " + shortened(property.path("enum").toString()));
            }
        });
        return problems.isEmpty()
                ? Optional.empty()
                : Optional.of("The call does not fit: "
                        + String.join("; ", problems.subList(0, Math.min(problems.size(), 10))) + ".");
    }

    private static List<String> names(ObjectNode properties) {
        List<String> names = new ArrayList<>();
        properties.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String shortened(String text) {
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }

    private static boolean has(JsonNode list, JsonNode value) {
        for (JsonNode each : list) {
            if (each.equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean fits(JsonNode type, JsonNode value) {
        if (type.isArray()) {
            for (JsonNode each : type) {
                if (fits(each, value)) {
                    return true;
                }
            }
            return type.isEmpty();
        }
        return switch (type.asText()) {
            case "string" -> value.isTextual();
            case "integer" -> value.isNumber() && value.doubleValue() == Math.rint(value.doubleValue());
            case "number" -> value.isNumber();
            case "boolean" -> value.isBoolean();
            case "array" -> value.isArray();
            case "object" -> value.isObject();
            case "null" -> value.isNull();
            default -> true;
        };
    }
}
