/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.tool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Bytes that somebody has published, made fit for models: text without what steers terminals or cannot be seen. What spells a control
 * token of a model stays text, as all text of others does in the prompt.
 */
public final class Payload {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final String text;

    private Payload(String text) {
        this.text = text;
    }

    /** Reads bytes. What is no UTF-8 becomes the mark for that. */
    public static Payload of(byte[] bytes) {
        return new Payload(visible(new String(bytes, StandardCharsets.UTF_8)));
    }

    private static String visible(String given) {
        StringBuilder clean = new StringBuilder(given.length());
        Json.wellFormed(given).codePoints().filter(Payload::isVisible).forEach(clean::appendCodePoint);
        return clean.toString();
    }

    private static boolean isVisible(int c) {
        if (c == '\n' || c == '\t') {
            return true;
        }
        return switch (Character.getType(c)) {
            // directions, joiners, tags, halves of characters, private use
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED ->
                false;
            // selectors of variants can carry bytes that nobody sees
            default -> !(c >= 0xfe00 && c <= 0xfe0f) && !(c >= 0xe0100 && c <= 0xe01ef);
        };
    }

    /** All of it. */
    public String text() {
        return text;
    }

    /** All of it as data: what it says as JSON, else the text. */
    public Object value() {
        return json().map(Payload::plain).orElse(text);
    }

    /**
     * A part of it.
     *
     * @param path names of fields with points between them, or numbers of items
     * @return empty if it is no JSON, or has no such part
     */
    public Optional<Object> at(String path) {
        return json().flatMap(root -> {
            JsonNode node = root;
            for (String name : path.split("\\.", -1)) {
                node = node.isArray() && name.matches("\\d{1,6}") ? node.path(Integer.parseInt(name)) : node.path(name);
            }
            return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(plain(node));
        });
    }

    /** Its fields, if it is an object of JSON; what lies deeper is text. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        json().filter(JsonNode::isObject)
                .ifPresent(object -> object.properties()
                        .forEach(each -> fields.put(visible(each.getKey()), plain(each.getValue()))));
        return fields;
    }

    private Optional<JsonNode> json() {
        try {
            JsonNode node = MAPPER.readTree(Json.wellFormedEscapes(text));
            return node == null || node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node);
        } catch (IOException e) {
            return Optional.empty(); // most payloads are plain text
        }
    }

    private static Object plain(JsonNode node) {
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.longValue();
        }
        if (node.isNumber() && Double.isFinite(node.doubleValue())) {
            return node.doubleValue();
        }
        return node.isBoolean()
                ? (Object) node.booleanValue()
                : node.isTextual() ? visible(node.textValue()) : visible(node.toString());
    }
}
