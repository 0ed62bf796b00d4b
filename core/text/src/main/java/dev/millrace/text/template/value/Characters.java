/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.template.limit.TemplateException;
import java.util.Locale;

/** Python's view of characters: code points, white space, quotes and escapes. */
public final class Characters {

    private Characters() {
    }

    /** What {@code str.isspace} takes for white space. */
    public static boolean isSpace(int c) {
        return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0
                || (c > 0xFF && (Character.isSpaceChar(c) || Character.isWhitespace(c)));
    }

    static boolean isBlank(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!isSpace(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** What a string literal means; unknown escapes stay as they are. */
    public static String unescape(String literal) {
        if (literal.indexOf('\\') < 0) {
            return literal;
        }
        StringBuilder out = new StringBuilder(literal.length());
        int i = 0;
        while (i < literal.length()) {
            char c = literal.charAt(i);
            if (c != '\\' || i + 1 >= literal.length()) {
                out.append(c);
                i++;
                continue;
            }
            char e = literal.charAt(i + 1);
            int plain = "\\'\"abfnrtv".indexOf(e);
            if (plain >= 0) {
                out.append("\\'\"\u0007\b\f\n\r\t\u000B".charAt(plain));
                i += 2;
            } else if (e == '\n') {
                i += 2;
            } else if (e >= '0' && e <= '7') {
                i = number(literal, i + 1, 8, 1, 3, out);
            } else if (e == 'x' || e == 'u' || e == 'U') {
                int digits = e == 'x' ? 2 : e == 'u' ? 4 : 8;
                i = number(literal, i + 2, 16, digits, digits, out);
            } else if (e == 'N') {
                i = name(literal, i + 2, out);
            } else {
                out.append(c).append(e);
                i += 2;
            }
        }
        return out.toString();
    }

    private static int number(String literal, int from, int radix, int least, int most, StringBuilder out) {
        int i = from;
        long code = 0;
        while (i < literal.length() && i - from < most && Character.digit(literal.charAt(i), radix) >= 0) {
            code = code * radix + Character.digit(literal.charAt(i++), radix);
        }
        if (i - from < least || code > Character.MAX_CODE_POINT) {
            throw TemplateException.of("a string has a malformed escape");
        }
        out.appendCodePoint((int) code);
        return i;
    }

    /** A character by its Unicode name in braces. */
    private static int name(String literal, int from, StringBuilder out) {
        int close = literal.indexOf('}', from);
        if (close < 0 || literal.charAt(from) != '{') {
            throw TemplateException.of("a string has a malformed escape");
        }
        String name = literal.substring(from + 1, close);
        try {
            out.appendCodePoint(Character.codePointOf(name));
        } catch (IllegalArgumentException e) {
            throw TemplateException.of("a string names the unknown character '" + name + "'");
        }
        return close + 1;
    }

    /** Length in code points. */
    public static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Order by code points, as Python compares strings. */
    public static int compare(String a, String b) {
        int shared = Math.min(a.length(), b.length());
        for (int i = 0; i < shared; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean high = Character.isSurrogate(x) != Character.isSurrogate(y);
                return high ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** A string with Python's quotes and escapes. */
    static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2);
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(String.format(Locale.ROOT,
                                c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        }
        return out.append(quote).toString();
    }

    /** What {@code str.isprintable} takes for visible: what {@code repr} writes as it is. */
    public static boolean isPrintable(int c) {
        return c == ' ' || switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR ->
                false;
            default -> true;
        };
    }
}
