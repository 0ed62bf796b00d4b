/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.http.ApiError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the fields of an object. A field that is null counts as absent. What is wrong is told with the path of the field; what
 * nobody asked for is remembered, so that the client can be told that it had no effect. For one thread.
 */
public final class Fields {

    private final ObjectNode node;
    private final String path;
    private final Set<String> known = new HashSet<>();
    /** By path: whoever asks twice for an object gets the same, so that it knows all that was asked for. */
    private final Map<String, Fields> inner = new LinkedHashMap<>();
    private final List<String> noted = new ArrayList<>();

    private Fields(ObjectNode node, String path) {
        this.node = node;
        this.path = path;
    }

    /** The fields of a request. */
    public static Fields of(ObjectNode request) {
        return new Fields(request, "");
    }

    /** The object itself. */
    public ObjectNode node() {
        return node;
    }

    /** The path of a field, for messages. */
    public String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The path of this object, for messages. */
    public String path() {
        return path;
    }

    /** Whether a field is there and not null. It counts as known. */
    public boolean has(String name) {
        return find(name).isPresent();
    }

    /** A field of any kind. */
    public Optional<JsonNode> find(String name) {
        known.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
    }

    /** The names of all fields that are there and not null. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names.stream().filter(this::has).toList();
    }

    private JsonNode required(String name) {
        return find(name).orElseThrow(() -> new ApiError(400, path(name) + " is missing.", path(name),
                "missing_required_parameter"));
    }

    private ApiError mustBe(String name, String what) {
        return new ApiError(400, path(name) + " must be " + what + ".", path(name), "invalid_type");
    }

    /** Text. */
    public Optional<String> text(String name) {
        return find(name).map(value -> {
            if (!value.isTextual()) {
                throw mustBe(name, "a string");
            }
            return value.textValue();
        });
    }

    /** Text that must be there. */
    public String requiredText(String name) {
        required(name);
        return text(name).orElseThrow();
    }

    /** One of some words. */
    public Optional<String> word(String name, String... words) {
        Optional<String> text = text(name);
        if (text.isPresent() && !List.of(words).contains(text.get())) {
            throw ApiError.wrong(path(name), path(name) + " must be one of " + String.join(", ", words) + ".");
        }
        return text;
    }

    /** Yes or no; no if it is absent. */
    public boolean flag(String name) {
        return flag(name, false);
    }

    /** Yes or no. */
    public boolean flag(String name, boolean otherwise) {
        Optional<JsonNode> value = find(name);
        if (value.isPresent() && !value.get().isBoolean()) {
            throw mustBe(name, "true or false");
        }
        return value.map(JsonNode::booleanValue).orElse(otherwise);
    }

    /** A whole number within a range. */
    public OptionalInt integer(String name, int least, int most) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!value.get().isNumber() || value.get().doubleValue() != Math.rint(value.get().doubleValue())) {
            throw mustBe(name, "a whole number");
        }
        double number = value.get().doubleValue();
        if (number < least || number > most) {
            throw ApiError.wrong(path(name), path(name) + " must be " + range(least, most) + ", not "
                    + shortened(value.get().asText()) + ".");
        }
        return OptionalInt.of((int) number);
    }

    private static String range(int least, int most) {
        return most == Integer.MAX_VALUE ? least + " or more" : "between " + least + " and " + most;
    }

    /** The most of something, 1 or more; empty if it is absent or -1, by which many clients mean that there is no bound. */
    public OptionalInt most(String name) {
        OptionalInt value = integer(name, -1, Integer.MAX_VALUE);
        if (value.isPresent() && value.getAsInt() == 0) {
            throw ApiError.wrong(path(name), path(name) + " must be 1 or more, or -1 for no bound, not 0.");
        }
        return value.orElse(-1) < 0 ? OptionalInt.empty() : value;
    }

    /** A whole number of any size that a long holds; programs whose numbers are all doubles write 42.0. */
    public OptionalLong whole(String name) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return OptionalLong.empty();
        }
        boolean whole = value.get().isIntegralNumber()
                || (value.get().isNumber() && value.get().doubleValue() == Math.rint(value.get().doubleValue()));
        if (!whole || !value.get().canConvertToLong()) {
            throw mustBe(name, "a whole number of at most 64 bits");
        }
        return OptionalLong.of(value.get().longValue());
    }

    /** A number within a range. */
    public OptionalDouble number(String name, double least, double most) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return OptionalDouble.empty();
        }
        if (!value.get().isNumber()) {
            throw mustBe(name, "a number");
        }
        double number = value.get().doubleValue();
        if (!(number >= least && number <= most)) {
            throw ApiError.wrong(path(name), path(name) + " must be between " + least + " and " + most + ", not "
                    + shortened(value.get().asText()) + ".");
        }
        return OptionalDouble.of(number);
    }

    private static String shortened(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }

    /** An object. */
    public Optional<Fields> object(String name) {
        return find(name).map(value -> inner(value, path(name)));
    }

    /** An object that must be there. */
    public Fields requiredObject(String name) {
        return inner(required(name), path(name));
    }

    private Fields inner(JsonNode value, String where) {
        if (!(value instanceof ObjectNode object)) {
            throw new ApiError(400, where + " must be an object.", where, "invalid_type");
        }
        return inner.computeIfAbsent(where, path -> new Fields(object, path));
    }

    /** The items of an array; none if it is absent. */
    public List<JsonNode> items(String name) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return List.of();
        }
        if (!value.get().isArray()) {
            throw mustBe(name, "an array");
        }
        List<JsonNode> items = new ArrayList<>();
        value.get().forEach(items::add);
        return items;
    }

    /** The objects of an array; none if it is absent. */
    public List<Fields> objects(String name) {
        List<Fields> objects = new ArrayList<>();
        for (JsonNode item : items(name)) {
            objects.add(inner(item, path(name) + "[" + objects.size() + "]"));
        }
        return objects;
    }

    /** A text, or an array of texts, none of them empty; none if it is absent or an empty text. */
    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        if (find(name).filter(JsonNode::isTextual).isPresent()) {
            text(name).filter(text -> !text.isEmpty()).ifPresent(texts::add);
            return texts;
        }
        for (JsonNode item : items(name)) {
            if (!item.isTextual() || item.textValue().isEmpty()) {
                throw mustBe(name, "a string, or an array of strings that are not empty");
            }
            texts.add(item.textValue());
        }
        return texts;
    }

    /** Fields that change nothing here and need no word. */
    public void harmless(String... names) {
        known.addAll(List.of(names));
    }

    /** A field that is taken and has no effect: the client is told. */
    public void note(String name) {
        if (has(name)) {
            noted.add(path(name));
        }
    }

    /** A field whose promise cannot be kept: refused if it is there. */
    public void refuse(String name, String why) {
        if (has(name)) {
            throw ApiError.unsupported(path(name), path(name) + " " + why);
        }
    }

    /** A field whose promise can be kept only if it asks for nothing: false, 0, or empty. */
    public void refuseUnlessNeutral(String name, String why) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return;
        }
        JsonNode given = value.get();
        boolean neutral = switch (given.getNodeType()) {
            case BOOLEAN -> !given.booleanValue();
            case NUMBER -> given.doubleValue() == 0;
            case STRING -> given.textValue().isEmpty();
            default -> given.isEmpty();
        };
        if (!neutral) {
            throw ApiError.unsupported(path(name), path(name) + " " + why);
        }
    }

    /** Paths of the fields that had no effect, in this object and those inside. */
    public List<String> withoutEffect() {
        List<String> names = new ArrayList<>(noted);
        node.properties().forEach(field -> {
            if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
                names.add(path(field.getKey()));
            }
        });
        inner.values().forEach(fields -> names.addAll(fields.withoutEffect()));
        return names;
    }
}
