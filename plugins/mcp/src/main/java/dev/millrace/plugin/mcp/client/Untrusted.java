/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.millrace.plugin.mcp.rpc.Json;

/**
 * Makes text of servers fit to be shown to people and models: nothing that steers a terminal, nothing that is there and cannot be
 * seen, and no more than so much. What spells a control token of a model stays text, as all text of others does in the prompt.
 */
final class Untrusted {

    private static final int TITLE = 200;

    private Untrusted() {
    }

    /** Text of so many characters at most. */
    static String text(String given, int most) {
        StringBuilder clean = new StringBuilder();
        int length = Math.min(given.length(), most * 4);
        for (int i = 0; i < length;) {
            int c = given.codePointAt(i);
            i += Character.charCount(c);
            if (c == '\n' || c == '\t') {
                clean.append((char) c);
            } else if (isVisible(c)) {
                clean.appendCodePoint(c);
            } else if (Character.getType(c) == Character.SURROGATE) {
                clean.append('\ufffd');
            }
            if (clean.length() > most) {
                break;
            }
        }
        if (clean.length() <= most) {
            return clean.toString();
        }
        int end = Character.isHighSurrogate(clean.charAt(most - 1)) ? most - 1 : most;
        return clean.substring(0, end) + " [cut]";
    }

    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            // line and paragraph ends of Unicode, directions, joiners, tags, halves of characters, private use
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED ->
                false;
            // selectors of variants can carry bytes that nobody sees
            default -> !(c >= 0xfe00 && c <= 0xfe0f) && !(c >= 0xe0100 && c <= 0xe01ef);
        };
    }

    /** One line of text. */
    static String line(String given) {
        return text(given, TITLE).replace('\n', ' ').replace('\t', ' ');
    }

    /** A tree whose texts are cleaned, none longer than so many characters. */
    static JsonNode tree(JsonNode given, int most) {
        if (given instanceof ObjectNode object) {
            ObjectNode clean = Json.object();
            object.properties().forEach(field -> clean.set(text(field.getKey(), TITLE), tree(field.getValue(), most)));
            return clean;
        }
        if (given instanceof ArrayNode array) {
            ArrayNode clean = Json.array();
            array.forEach(item -> clean.add(tree(item, most)));
            return clean;
        }
        return given.isTextual() ? TextNode.valueOf(text(given.textValue(), most)) : given;
    }
}
