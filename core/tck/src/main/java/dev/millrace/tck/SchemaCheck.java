/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Looks for what is malformed in the JSON schema of a tool's parameters. Knows the keywords that models are told most often;
 * whether arguments fit is not looked at here.
 */
final class SchemaCheck {

    private static final Set<String> TYPES = Set.of("object", "array", "string", "number", "integer", "boolean",
            "null");
    private static final Set<String> SCHEMAS = Set.of("additionalProperties", "items", "not", "contains",
            "propertyNames", "if",
            "then", "else");
    private static final Set<String> LISTS = Set.of("anyOf", "oneOf", "allOf", "prefixItems");
    private static final Set<String> COUNTS = Set.of("minLength", "maxLength", "minItems", "maxItems", "minProperties",
            "maxProperties");
    private static final Set<String> NUMBERS = Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "multipleOf");
    private static final int DEEPEST = 32;

    private final List<String> problems = new ArrayList<>();
    private final Map<String, ?> root;

    private SchemaCheck(Map<String, ?> root) {
        this.root = root;
    }

    /** What is wrong, a sentence each. */
    static List<String> problems(Map<String, ?> schema) {
        SchemaCheck check = new SchemaCheck(schema);
        PlainValues.problem(schema).ifPresent(problem -> check.problems.add("It holds " + problem + "."));
        if (!"object".equals(schema.get("type"))) {
            check.problems.add("Its type is " + schema.get("type") + ": parameters are an object.");
        }
        check.schema(schema, "parameters", 0);
        return check.problems;
    }

    private void demand(boolean holds, String where, String sentence) {
        if (!holds) {
            problems.add(where + ": " + sentence);
        }
    }

    private void schema(@Nullable Object value, String where, int depth) {
        if (value instanceof Boolean) {
            return;
        }
        if (depth > DEEPEST) {
            problems.add(where + ": nests deeper than " + DEEPEST + " levels, which no model follows.");
            return;
        }
        if (!(value instanceof Map<?, ?> schema)) {
            problems.add(where + ": is " + value + ", expected a schema.");
            return;
        }
        types(schema.get("type"), where);
        properties(schema, where, depth);
        for (Map.Entry<?, ?> entry : schema.entrySet()) {
            keyword(String.valueOf(entry.getKey()), entry.getValue(), where, depth);
        }
    }

    private void types(@Nullable Object type, String where) {
        List<?> types = type instanceof List<?> list ? list : type == null ? List.of() : List.of(type);
        for (Object one : types) {
            demand(one instanceof String name && TYPES.contains(name), where,
                    "the type " + one + " is not known to JSON Schema, which has "
                            + String.join(", ", TYPES.stream().sorted().toList()) + ".");
        }
    }

    private void properties(Map<?, ?> schema, String where, int depth) {
        Object properties = schema.get("properties");
        if (properties != null && !(properties instanceof Map)) {
            problems.add(where + ": properties is " + properties + ", expected an object.");
            return;
        }
        Map<?, ?> known = properties instanceof Map<?, ?> map ? map : Map.of();
        known.forEach((name, inner) -> schema(inner, where + "." + name, depth + 1));
        Object required = schema.get("required");
        if (required instanceof List<?> names) {
            for (Object name : names) {
                demand(known.containsKey(name), where,
                        name + " is required and no property, so no call would ever fit.");
            }
            demand(names.stream().distinct().count() == names.size(), where, "required names a property twice.");
        } else {
            demand(required == null, where, "required is " + required + ", expected a list of names.");
        }
    }

    private void keyword(String name, @Nullable Object value, String where, int depth) {
        if (SCHEMAS.contains(name)) {
            schema(value, where + "." + name, depth + 1);
        } else if (LISTS.contains(name)) {
            demand(value instanceof List<?> list && !list.isEmpty(), where, name + " is a list of schemas.");
            if (value instanceof List<?> list) {
                for (int i = 0; i < list.size(); i++) {
                    schema(list.get(i), where + "." + name + "[" + i + "]", depth + 1);
                }
            }
        } else if (COUNTS.contains(name)) {
            demand(value instanceof Number n && n.doubleValue() >= 0 && n.doubleValue() == n.longValue(), where,
                    name + " is " + value + ", expected a whole number from 0.");
        } else if (NUMBERS.contains(name)) {
            demand(value instanceof Number, where, name + " is " + value + ", expected a number.");
        } else {
            text(name, value, where);
        }
    }

    private void text(String name, @Nullable Object value, String where) {
        switch (name) {
            case "enum" -> demand(value instanceof List<?> list && !list.isEmpty(), where,
                    "enum is " + value + ", expected a list of values.");
            case "description", "title" -> demand(value instanceof String, where, name + " is a text.");
            case "pattern" -> {
                demand(value instanceof String, where, "pattern is a text.");
                if (value instanceof String pattern) {
                    try {
                        Pattern.compile(pattern);
                    } catch (PatternSyntaxException e) {
                        problems.add(where + ": the pattern " + pattern + " is malformed.");
                    }
                }
            }
            case "$ref" -> demand(value instanceof String ref && resolves(ref), where,
                    "$ref " + value + " leads to nothing inside the schema; nothing is fetched.");
            default -> {
                // others are notes, or for validators
            }
        }
    }

    private boolean resolves(String reference) {
        if (!reference.startsWith("#")) {
            return false;
        }
        Object at = root;
        for (String step : reference.substring(1).split("/", -1)) {
            if (!step.isEmpty()) {
                at = at instanceof Map<?, ?> map ? map.get(step.replace("~1", "/").replace("~0", "~")) : null;
            }
        }
        return at != null;
    }
}
