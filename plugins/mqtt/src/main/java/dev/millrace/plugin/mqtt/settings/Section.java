/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.mqtt.message.TopicPattern;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A part of the file: reads its settings and refuses what is wrong, with the place in one sentence. */
final class Section {

    private final Path file;
    private final String place;
    private final ObjectNode node;
    private final Set<String> known = new TreeSet<>();

    Section(Path file, String place, ObjectNode node) {
        this.file = file;
        this.place = place;
        this.node = node;
    }

    private @Nullable JsonNode get(String name) {
        known.add(name);
        JsonNode value = node.get(name);
        return value == null || value.isNull() ? null : value;
    }

    /** What is wrong, and where. */
    IllegalArgumentException wrong(String name, String problem) {
        return new IllegalArgumentException(file + ": " + path(name) + " " + problem + ".");
    }

    private String path(String name) {
        return place.isEmpty() ? name : name.isEmpty() ? place : place + "." + name;
    }

    /** Text that is not empty, or empty if it is absent. */
    Optional<String> text(String name) {
        JsonNode value = get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw wrong(name, "must be text in quotation marks");
        }
        return Optional.of(value.textValue());
    }

    /** Text that must be there. */
    String required(String name) {
        return text(name).orElseThrow(() -> wrong(name, "is missing"));
    }

    /** A whole number in a range. */
    int number(String name, int otherwise, int least, int most) {
        JsonNode value = get(name);
        if (value == null) {
            return otherwise;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < least
                || value.intValue() > most) {
            throw wrong(name, "must be a whole number from " + least + " to " + most + ", and is " + value);
        }
        return value.intValue();
    }

    boolean flag(String name) {
        JsonNode value = get(name);
        if (value != null && !value.isBoolean()) {
            throw wrong(name, "must be true or false, and is " + value);
        }
        return value != null && value.booleanValue();
    }

    /** Texts; one that stands alone is a list of one. Empty if it is absent. */
    Optional<List<String>> texts(String name) {
        JsonNode value = get(name);
        if (value == null) {
            return Optional.empty();
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode each : value.isArray() ? value : Json.array().add(value)) {
            if (!each.isTextual() || each.textValue().isEmpty()) {
                throw wrong(name, "must be a list of texts");
            }
            texts.add(each.textValue());
        }
        return Optional.of(texts);
    }

    /** A pattern of topics. */
    Optional<TopicPattern> pattern(String name) {
        return text(name).map(text -> {
            try {
                return TopicPattern.of(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(wrong(name, String.valueOf(e.getMessage())).getMessage(), e);
            }
        });
    }

    /** A topic without wildcards and names. */
    Optional<String> topic(String name) {
        return pattern(name).map(pattern -> {
            if (!pattern.isExact() || !pattern.names().isEmpty()) {
                throw wrong(name, "must be one topic, without wildcards and names");
            }
            return pattern.toString();
        });
    }

    /** A section within this one. */
    Optional<Section> section(String name) {
        JsonNode value = get(name);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof ObjectNode object) {
            return Optional.of(new Section(file, path(name), object));
        }
        throw wrong(name, "must be an object in braces");
    }

    /** Sections in a list. */
    List<Section> sections(String name) {
        JsonNode value = get(name);
        List<Section> sections = new ArrayList<>();
        if (value != null) {
            if (!value.isArray()) {
                throw wrong(name, "must be a list in brackets");
            }
            for (JsonNode each : value) {
                String at = name + "[" + sections.size() + "]";
                if (!(each instanceof ObjectNode object)) {
                    throw wrong(at, "must be an object in braces");
                }
                sections.add(new Section(file, path(at), object));
            }
        }
        return sections;
    }

    /** Names of all that stands here. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** Refuses what nobody has asked for. To be called last. */
    void end() {
        for (String name : names()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException(file + ": " + (place.isEmpty() ? "the file" : place)
                        + " has no setting " + name + "; it has " + String.join(", ", known) + ".");
            }
        }
    }
}
