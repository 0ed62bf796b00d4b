/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Schemas as other programs write them, said in the words of draft 2020-12: {@code nullable} and truth values as exclusive limits of
 * OpenAPI 3.0, types in capitals, and lists of schemas under {@code items}. The runtime reads them all, so this must, too.
 *
 * @see <a href="https://spec.openapis.org/oas/v3.0.3#schema-object">OpenAPI 3.0, schema object</a>
 */
final class OtherForms {

    /** Deeper schemas are left as they are. */
    private static final int DEEPEST = 64;

    private static final Set<String> SCHEMAS = Set.of("items", "additionalProperties", "not", "if", "then", "else",
            "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "additionalItems");
    private static final Set<String> LISTS = Set.of("anyOf", "oneOf", "allOf", "prefixItems");
    private static final Set<String> NAMED = Set.of("properties", "$defs", "definitions", "patternProperties",
            "dependentSchemas");

    /** What people who write Python call the types of JSON. */
    private static final Map<String, String> PYTHON = Map.ofEntries(Map.entry("int", "integer"),
            Map.entry("long", "integer"),
            Map.entry("float", "number"), Map.entry("double", "number"), Map.entry("str", "string"),
            Map.entry("bool", "boolean"), Map.entry("dict", "object"), Map.entry("list", "array"),
            Map.entry("tuple", "array"),
            Map.entry("none", "null"));

    /** Whether the schema names a draft of its own, whose words it keeps. */
    private final boolean ownDraft;

    private OtherForms(boolean ownDraft) {
        this.ownDraft = ownDraft;
    }

    /** The same schema in the words of the draft that it is judged by. */
    static Map<String, @Nullable Object> replaced(Map<String, @Nullable Object> schema) {
        boolean own = schema.get("$schema") instanceof String draft && !draft.contains("2020-12");
        return new OtherForms(own).schema(schema, 0);
    }

    private @Nullable Object any(@Nullable Object value, int depth) {
        return value instanceof Map<?, ?> map && depth < DEEPEST ? schema(map, depth + 1) : value;
    }

    private Map<String, @Nullable Object> schema(Map<?, ?> source, int depth) {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        source.forEach((key, value) -> out.put(String.valueOf(key), inner(String.valueOf(key), value, depth)));
        if (out.get("type") instanceof String type) {
            out.put("type", plain(type));
        } else if (out.get("type") instanceof List<?> types) {
            out.put("type", types.stream().map(type -> type instanceof String name ? plain(name) : type).toList());
        }
        if (!ownDraft) {
            tuple(out);
            limit(out, "exclusiveMinimum", "minimum");
            limit(out, "exclusiveMaximum", "maximum");
        }
        return Boolean.TRUE.equals(out.get("nullable")) ? nullable(out) : out;
    }

    private static String plain(String type) {
        String small = type.toLowerCase(Locale.ROOT);
        return PYTHON.getOrDefault(small, small);
    }

    private @Nullable Object inner(String key, @Nullable Object value, int depth) {
        if (value instanceof List<?> list && (LISTS.contains(key) || key.equals("items"))) {
            List<@Nullable Object> all = new ArrayList<>();
            list.forEach(each -> all.add(any(each, depth)));
            return all;
        }
        if (value instanceof Map<?, ?> map && NAMED.contains(key)) {
            Map<String, @Nullable Object> all = new LinkedHashMap<>();
            map.forEach((name, each) -> all.put(String.valueOf(name), any(each, depth)));
            return all;
        }
        return SCHEMAS.contains(key) ? any(value, depth) : value;
    }

    private static void tuple(Map<String, @Nullable Object> schema) {
        if (schema.get("items") instanceof List<?> items) {
            schema.remove("items");
            schema.put("prefixItems", items);
            if (schema.containsKey("additionalItems")) {
                schema.put("items", schema.remove("additionalItems"));
            }
        }
    }

    private static void limit(Map<String, @Nullable Object> schema, String exclusive, String limit) {
        if (schema.get(exclusive) instanceof Boolean excluded) {
            schema.remove(exclusive);
            if (excluded && schema.containsKey(limit)) {
                schema.put(exclusive, schema.remove(limit));
            }
        }
    }

    private static Map<String, @Nullable Object> nullable(Map<String, @Nullable Object> schema) {
        schema.remove("nullable");
        if (schema.get("type") instanceof String type && !schema.containsKey("anyOf") && !schema.containsKey("oneOf")
                && !schema.containsKey("allOf") && !schema.containsKey("const")) {
            schema.put("type", List.of(type, "null"));
            if (schema.get("enum") instanceof List<?> values && values.stream().allMatch(Objects::nonNull)) {
                List<@Nullable Object> more = new ArrayList<>(values);
                more.add(null);
                schema.put("enum", more);
            }
            return schema;
        }
        Map<String, @Nullable Object> either = new LinkedHashMap<>();
        either.put("anyOf", List.of(schema, Map.of("type", "null")));
        return either;
    }
}
