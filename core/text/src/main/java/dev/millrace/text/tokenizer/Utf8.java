/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.Locale;

/** UTF-8, as the Unicode standard (chapter 3, table 3-7) defines it. */
final class Utf8 {

    private Utf8() {
    }

    /**
     * Checks that every surrogate has its partner.
     *
     * @throws IllegalArgumentException with the position of the first that has none
     */
    static void requireWellFormed(char[] text) {
        for (int i = 0; i < text.length; i++) {
            char c = text[i];
            if (c >= 0xD800 && c <= 0xDFFF) {
                if (c >= 0xDC00 || i + 1 == text.length || !Character.isLowSurrogate(text[i + 1])) {
                    throw new IllegalArgumentException("The text has the lone surrogate U+"
                            + Integer.toHexString(c).toUpperCase(Locale.ROOT) + " at position " + i
                            + ", which no encoding can carry; replace it by U+FFFD first.");
                }
                i++;
            }
        }
    }

    /** Writes well-formed UTF-16 as UTF-8; the target needs room for three bytes per char. Returns the new end. */
    static int encode(char[] text, int from, int to, byte[] out, int at) {
        int end = at;
        for (int i = from; i < to; i++) {
            char c = text[i];
            if (c < 0x80) {
                out[end++] = (byte) c;
            } else if (c < 0x800) {
                out[end++] = (byte) (0xC0 | (c >> 6));
                out[end++] = (byte) (0x80 | (c & 0x3F));
            } else if (Character.isHighSurrogate(c) && i + 1 < to) {
                int code = Character.toCodePoint(c, text[++i]);
                out[end++] = (byte) (0xF0 | (code >> 18));
                out[end++] = (byte) (0x80 | ((code >> 12) & 0x3F));
                out[end++] = (byte) (0x80 | ((code >> 6) & 0x3F));
                out[end++] = (byte) (0x80 | (code & 0x3F));
            } else {
                out[end++] = (byte) (0xE0 | (c >> 12));
                out[end++] = (byte) (0x80 | ((c >> 6) & 0x3F));
                out[end++] = (byte) (0x80 | (c & 0x3F));
            }
        }
        return end;
    }

    /** How many bytes a sequence has that begins with this byte; 1 for a byte that begins none. */
    static int length(byte lead) {
        int b = lead & 0xFF;
        if (b < 0xC2 || b > 0xF4) {
            return 1;
        }
        return b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    }
}
