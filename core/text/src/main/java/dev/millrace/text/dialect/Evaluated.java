/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.SchemaReferences;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which members of an object, or items of a list, a schema has a word for, by itself or by the schemas that it takes in. What is left
 * is for {@code unevaluatedProperties} and {@code unevaluatedItems}. For one value.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-core#section-11">JSON Schema, core, section 11</a>
 */
final class Evaluated {

    private static final int MAX_DEPTH = 64;

    private final SchemaReferences targets;
    private final BiPredicate<@Nullable Object, @Nullable Object> fits;
    private final BiPredicate<String, String> matches;
    private final Set<String> members = new HashSet<>();
    private final BitSet items = new BitSet();

    /**
     * Knows nothing yet.
     *
     * @param fits whether a value fits a schema
     * @param matches whether a regular expression, given first, finds something in a name
     */
    Evaluated(SchemaReferences targets, BiPredicate<@Nullable Object, @Nullable Object> fits,
            BiPredicate<String, String> matches) {
        this.targets = targets;
        this.fits = fits;
        this.matches = matches;
    }

    /** The members of an object that a schema has a word for, {@code unevaluatedProperties} aside. */
    Set<String> members(Map<?, ?> value, Map<?, ?> schema) {
        look(value, schema, 0);
        return members;
    }

    /** The places of the items that a schema has a word for, {@code unevaluatedItems} aside. */
    BitSet items(List<?> value, Map<?, ?> schema) {
        look(value, schema, 0);
        return items;
    }

    private void look(Object value, @Nullable Object rule, int depth) {
        if (!(rule instanceof Map<?, ?> schema) || depth > MAX_DEPTH) {
            return;
        }
        for (String keyword : List.of("$ref", "$dynamicRef")) {
            if (schema.get(keyword) instanceof String reference) {
                look(value, targets.target(reference), depth + 1);
            }
        }
        if (schema.get("allOf") instanceof List<?> all) {
            all.forEach(each -> look(value, each, depth + 1));
        }
        for (String keyword : List.of("anyOf", "oneOf")) {
            if (schema.get(keyword) instanceof List<?> several) {
                several.stream().filter(each -> fits.test(value, each)).forEach(each -> look(value, each, depth + 1));
            }
        }
        if (schema.containsKey("if")) {
            boolean met = fits.test(value, schema.get("if"));
            if (met) {
                look(value, schema.get("if"), depth + 1);
            }
            look(value, schema.get(met ? "then" : "else"), depth + 1);
        }
        if (value instanceof Map<?, ?> map) {
            members(map, schema, depth);
        } else if (value instanceof List<?> list) {
            items(list, schema, depth);
        }
    }

    private void members(Map<?, ?> map, Map<?, ?> schema, int depth) {
        if (schema.get("dependentSchemas") instanceof Map<?, ?> dependent) {
            dependent.forEach((name, rule) -> {
                if (map.containsKey(name)) {
                    look(map, rule, depth + 1);
                }
            });
        }
        boolean all = schema.containsKey("additionalProperties")
                || (depth > 0 && schema.containsKey("unevaluatedProperties"));
        Set<?> named = schema.get("properties") instanceof Map<?, ?> properties ? properties.keySet() : Set.of();
        Set<?> patterns = schema.get("patternProperties") instanceof Map<?, ?> some ? some.keySet() : Set.of();
        for (Object key : map.keySet()) {
            String name = String.valueOf(key);
            if (all || named.contains(name)
                    || patterns.stream().anyMatch(pattern -> matches.test(String.valueOf(pattern), name))) {
                members.add(name);
            }
        }
    }

    private void items(List<?> list, Map<?, ?> schema, int depth) {
        if (depth > 0 && schema.containsKey("unevaluatedItems")) {
            items.set(0, list.size());
        }
        switch (schema.get("items")) {
            // until 2019, a list of items was what prefixItems is now
            case List<?> tuple -> items.set(0, schema.containsKey("additionalItems")
                    ? list.size()
                    : Math.min(tuple.size(), list.size()));
            case null -> {
                int first = schema.get("prefixItems") instanceof List<?> prefix ? prefix.size() : 0;
                items.set(0, Math.min(first, list.size()));
            }
            default -> items.set(0, list.size());
        }
        if (schema.containsKey("contains")) {
            for (int i = 0; i < list.size(); i++) {
                if (fits.test(list.get(i), schema.get("contains"))) {
                    items.set(i);
                }
            }
        }
    }
}
