/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.Json;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Keeps values from spelling marks. The text of a prompt is read with control tokens in it; a value that spells one must not
 * become one.
 */
final class Guard {

    private Guard() {
    }

    /**
     * Whether a character could begin a control token: {@code <} and {@code [}, unless what follows rules it out.
     *
     * @param text a value
     * @param at index of the character
     * @return whether it must be escaped
     */
    static boolean opensMark(String text, int at) {
        char c = text.charAt(at);
        if ((c != '<' && c != '[') || at + 1 == text.length()) {
            return false;
        }
        char next = text.charAt(at + 1);
        return c == '<'
                ? next != '<' && next != '=' && !Character.isWhitespace(next)
                : next == '/' || (next >= 'A' && next <= 'Z');
    }

    /**
     * Writes JSON in which no string can spell a mark.
     *
     * @param value a value as {@link Json#write} takes it
     * @return the text; it reads back as the same value
     */
    static String json(@Nullable Object value) {
        String json = Json.write(value);
        StringBuilder out = new StringBuilder(json.length());
        Quotes quotes = new Quotes();
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (quotes.take(c) && opensMark(json, i)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
