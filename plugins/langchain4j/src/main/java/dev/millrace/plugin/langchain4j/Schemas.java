/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.internal.JsonSchemaElementJsonUtils;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** LangChain4j's schemas as data. */
final class Schemas {

    private Schemas() {
    }

    /** What the arguments of a tool have to be. */
    static Map<String, @Nullable Object> arguments(JsonSchemaElement schema) {
        Map<String, @Nullable Object> arguments = object(JsonSchemaElementJsonUtils.toMap(schema), false);
        // chat templates look for it
        arguments.putIfAbsent("properties", Map.of());
        return arguments;
    }

    /**
     * What an answer has to be. An object has no other properties than its own, unless the schema says so: they are made for Java
     * classes, and a free property is one that nobody reads. A schema that the user wrote as text stays as it is.
     */
    static Map<String, @Nullable Object> answer(JsonSchemaElement schema) {
        return object(JsonSchemaElementJsonUtils.toMap(schema), !(schema instanceof JsonRawSchema));
    }

    private static Map<String, @Nullable Object> object(Map<?, ?> schema, boolean closed) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        schema.forEach((key, value) -> copy.put(String.valueOf(key), value(value, closed)));
        if (closed && "object".equals(copy.get("type")) && copy.get("properties") instanceof Map) {
            copy.putIfAbsent("additionalProperties", false);
        }
        return copy;
    }

    private static @Nullable Object value(@Nullable Object value, boolean closed) {
        return switch (value) {
            case Map<?, ?> map -> object(map, closed);
            case List<?> list -> list.stream().map(item -> value(item, closed)).toList();
            case null, default -> value;
        };
    }
}
