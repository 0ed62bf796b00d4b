/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks a call's arguments against the parameters of its tool, before anything runs, and mends what is only spelled in
 * another type: a number or truth value in quotes, an integer written as {@code 3.0}, a number where a string is wanted.
 *
 * <p>
 * Of JSON Schema, this looks at {@code type}, {@code enum}, {@code properties}, {@code required},
 * {@code additionalProperties} and {@code items}, at any depth; of the last two, only what {@code patternProperties} and
 * {@code prefixItems} leave to them. Other keywords are not judged here; a guard may do so.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-validation">JSON Schema, validation</a>
 */
public final class ToolArguments {

    private static final int MAX_SENTENCES = 8;

    private final List<String> notes = new ArrayList<>();
    private final List<String> complaints = new ArrayList<>();

    private ToolArguments() {
    }

    /** What becomes of a call. */
    public sealed interface Verdict {
    }

    /**
     * The call fits.
     *
     * @param call the call, its arguments mended
     * @param notes what was mended, a sentence each, the first few; empty if nothing was
     */
    public record Accepted(ToolCall call, List<String> notes) implements Verdict {

        /** Copies the list. */
        public Accepted {
            notes = List.copyOf(notes);
        }
    }

    /**
     * The call does not fit and must not run.
     *
     * @param message what is wrong with which argument, for the model
     */
    public record Refused(String message) implements Verdict {
    }

    /**
     * Checks a call.
     *
     * @param tool what the model was told of the tool
     * @param call what it asks for
     * @return the mended call, or why it is refused
     */
    public static Verdict check(ToolDefinition tool, ToolCall call) {
        ToolArguments arguments = new ToolArguments();
        Map<String, @Nullable Object> mended = arguments.object(call.arguments(), tool.parameters(), "", 0);
        if (arguments.complaints.isEmpty()) {
            return new Accepted(new ToolCall(call.id(), call.name(), mended), arguments.notes);
        }
        return new Refused("The arguments do not fit the tool " + tool.name() + ": "
                + String.join("; ", arguments.complaints) + ".");
    }

    private void complain(String complaint) {
        add(complaints, complaint);
    }

    private static void add(List<String> sentences, String sentence) {
        if (sentences.size() < MAX_SENTENCES) {
            sentences.add(sentence);
        }
    }

    private Map<String, @Nullable Object> object(Map<?, ?> value, Map<?, ?> schema, String path, int depth) {
        Map<?, ?> properties = schema.get("properties") instanceof Map<?, ?> map ? map : Map.of();
        if (schema.get("required") instanceof List<?> required) {
            for (Object name : required) {
                if (!value.containsKey(name)) {
                    complain("'" + member(path, name) + "' is missing");
                }
            }
        }
        // which names are left to additionalProperties, patternProperties would say
        Object others = schema.containsKey("patternProperties") ? null : schema.get("additionalProperties");
        Map<String, @Nullable Object> mended = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : value.entrySet()) {
            Object name = entry.getKey();
            String at = member(path, name);
            Object rule = properties.containsKey(name) ? properties.get(name) : others;
            if (Boolean.FALSE.equals(rule)) {
                complain("'" + at + "' is unknown"
                        + (properties.isEmpty() ? ", there are none" : ", there are only " + properties.keySet()));
            }
            mended.put(String.valueOf(name), value(entry.getValue(), rule, at, depth + 1));
        }
        return mended;
    }

    private static String member(String path, @Nullable Object name) {
        return path.isEmpty() ? String.valueOf(name) : path + "." + name;
    }

    private @Nullable Object value(@Nullable Object value, @Nullable Object rule, String path, int depth) {
        if (depth > LiteralReader.MAX_DEPTH) {
            complain("'" + path + "' nests deeper than " + LiteralReader.MAX_DEPTH);
            return value;
        }
        if (!(rule instanceof Map<?, ?> schema)) {
            return value;
        }
        List<?> types = schema.get("type") instanceof List<?> several
                ? several
                : schema.get("type") instanceof String one ? List.of(one) : List.of();
        Object mended = typed(value, types, path);
        if (schema.get("enum") instanceof List<?> values && values.stream().noneMatch(each -> same(each, mended))) {
            complain("'" + path + "' must be one of " + values);
        }
        return switch (mended) {
            case Map<?, ?> map -> object(map, schema, path, depth);
            case List<?> list -> {
                int tuple = schema.get("prefixItems") instanceof List<?> first ? first.size() : 0;
                List<@Nullable Object> items = new ArrayList<>(list.size());
                for (int i = 0; i < list.size(); i++) {
                    Object each = i < tuple ? null : schema.get("items");
                    items.add(value(list.get(i), each, path + "[" + i + "]", depth + 1));
                }
                yield items;
            }
            case null -> null;
            default -> mended;
        };
    }

    private @Nullable Object typed(@Nullable Object value, List<?> types, String path) {
        if (types.isEmpty() || types.stream().anyMatch(type -> JsonType.is(value, type))) {
            return value;
        }
        for (Object type : types) {
            Object other = JsonType.respelled(value, type);
            if (other != null) {
                add(notes, "'" + path + "' was given as " + JsonType.of(value) + " and taken as " + type + ".");
                return other;
            }
        }
        complain(
                "'" + path + "' must be " + String.join(" or ", types.stream().map(String::valueOf).toList()) + ", not "
                        + JsonType.of(value));
        return value;
    }

    private static boolean same(@Nullable Object a, @Nullable Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return JsonType.decimal(x).compareTo(JsonType.decimal(y)) == 0;
        }
        return a == null ? b == null : a.equals(b);
    }
}
