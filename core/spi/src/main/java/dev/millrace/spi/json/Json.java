/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON (RFC 8259). Values are {@code String}, {@code Long} or {@link BigInteger}, {@code Double},
 * {@code Boolean}, {@code null}, {@code List} and {@code Map} in the order of the source.
 */
public final class Json {

    /** Arrays and objects may be nested this deep. */
    public static final int MAX_DEPTH = 256;

    private static final int MAX_NUMBER_LENGTH = 1000;

    private Json() {
    }

    /**
     * Reads one value.
     *
     * @param text the whole text
     * @return the value
     * @throws JsonException if the text is not JSON, repeats a key within an object or nests deeper than {@link #MAX_DEPTH}
     */
    public static @Nullable Object parse(String text) {
        return new Reader(text).document();
    }

    /**
     * Writes a value on one line, as Python's {@code json.dumps(value, ensure_ascii=False)} does.
     *
     * @param value a value as described above; any {@link Number}, {@link CharSequence}, {@link Iterable} and {@link Map} is
     *            accepted
     * @return the text
     * @throws IllegalArgumentException if a value has another type or a number is not finite
     */
    public static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out, 0);
        return out.toString();
    }

    /**
     * Writes a number as Python does: {@code 1.0}, {@code 1e-07}, {@code 1e+16}.
     *
     * @param value a finite number
     * @return its shortest spelling that reads back as the same number
     */
    public static String number(double value) {
        String java = Double.toString(value);
        int e = java.indexOf('E');
        if (e < 0) {
            return java;
        }
        int exponent = Integer.parseInt(java.substring(e + 1));
        String mantissa = java.substring(0, e);
        String sign = mantissa.startsWith("-") ? "-" : "";
        String digits = mantissa.replace("-", "").replace(".", "");
        if (digits.endsWith("0") && digits.length() == 2) {
            digits = digits.substring(0, 1);
        }
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+")
                    + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        }
        if (exponent < 0) {
            return sign + "0." + "0".repeat(-exponent - 1) + digits;
        }
        String padded = digits + "0".repeat(Math.max(0, exponent + 1 - digits.length()));
        String fraction = padded.substring(exponent + 1);
        return sign + padded.substring(0, exponent + 1) + "." + (fraction.isEmpty() ? "0" : fraction);
    }

    /**
     * Writes a string with quotes and escapes.
     *
     * @param text any text
     * @param out where to
     */
    public static void quote(CharSequence text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static void write(@Nullable Object value, StringBuilder out, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("JSON values may be nested " + MAX_DEPTH + " deep at most.");
        }
        switch (value) {
            case null -> out.append("null");
            case Boolean b -> out.append(b.booleanValue());
            case CharSequence s -> quote(s, out);
            case Double d -> out.append(finite(d));
            case Float f -> out.append(finite(Double.parseDouble(f.toString())));
            case Number n -> out.append(n);
            case Map<?, ?> map -> {
                out.append('{');
                String separator = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(separator);
                    quote(String.valueOf(entry.getKey()), out);
                    out.append(": ");
                    write(entry.getValue(), out, depth + 1);
                    separator = ", ";
                }
                out.append('}');
            }
            case Iterable<?> list -> {
                out.append('[');
                String separator = "";
                for (Object item : list) {
                    out.append(separator);
                    write(item, out, depth + 1);
                    separator = ", ";
                }
                out.append(']');
            }
            default -> throw new IllegalArgumentException("JSON has no " + value.getClass().getName() + ".");
        }
    }

    private static String finite(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("JSON has no " + value + ".");
        }
        return number(value);
    }

    private static final class Reader {

        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        @Nullable
        Object document() {
            Object value = value(0);
            space();
            if (at < text.length()) {
                throw wrong("Nothing may follow the value");
            }
            return value;
        }

        private JsonException wrong(String message) {
            return new JsonException(message, at);
        }

        private void space() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private @Nullable Object value(int depth) {
            if (depth > MAX_DEPTH) {
                throw wrong("Nested deeper than " + MAX_DEPTH);
            }
            space();
            if (at >= text.length()) {
                throw wrong("A value is missing");
            }
            char c = text.charAt(at);
            return switch (c) {
                case '{' -> object(depth);
                case '[' -> array(depth);
                case '"' -> string();
                case 't' -> word("true", true);
                case 'f' -> word("false", false);
                case 'n' -> word("null", null);
                default -> {
                    if (c == '-' || (c >= '0' && c <= '9')) {
                        yield number();
                    }
                    throw wrong("'" + c + "' does not begin a value");
                }
            };
        }

        private @Nullable Object word(String word, @Nullable Object value) {
            if (!text.startsWith(word, at)) {
                throw wrong("Expected " + word);
            }
            at += word.length();
            return value;
        }

        private Map<String, @Nullable Object> object(int depth) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            at++;
            space();
            if (at < text.length() && text.charAt(at) == '}') {
                at++;
                return map;
            }
            while (true) {
                space();
                if (at >= text.length() || text.charAt(at) != '"') {
                    throw wrong("A key in quotes is missing");
                }
                String key = string();
                space();
                expect(':');
                if (map.containsKey(key)) {
                    throw wrong("The key \"" + key + "\" stands twice");
                }
                map.put(key, value(depth + 1));
                space();
                if (at < text.length() && text.charAt(at) == '}') {
                    at++;
                    return map;
                }
                expect(',');
            }
        }

        private List<@Nullable Object> array(int depth) {
            List<@Nullable Object> list = new ArrayList<>();
            at++;
            space();
            if (at < text.length() && text.charAt(at) == ']') {
                at++;
                return list;
            }
            while (true) {
                list.add(value(depth + 1));
                space();
                if (at < text.length() && text.charAt(at) == ']') {
                    at++;
                    return list;
                }
                expect(',');
            }
        }

        private void expect(char c) {
            if (at >= text.length() || text.charAt(at) != c) {
                throw wrong("Expected '" + c + "'");
            }
            at++;
        }

        private String string() {
            at++;
            int start = at;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '"') {
                    return text.substring(start, at++);
                }
                if (c == '\\') {
                    return escaped(start);
                }
                if (c < 0x20) {
                    throw wrong("A control character must be escaped");
                }
                at++;
            }
            throw wrong("The string does not end");
        }

        private String escaped(int start) {
            StringBuilder out = new StringBuilder(text.substring(start, at));
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return out.toString();
                }
                if (c < 0x20) {
                    throw wrong("A control character must be escaped");
                }
                out.append(c == '\\' ? escape() : c);
            }
            throw wrong("The string does not end");
        }

        private char escape() {
            if (at >= text.length()) {
                throw wrong("The string does not end");
            }
            char c = text.charAt(at++);
            return switch (c) {
                case '"', '\\', '/' -> c;
                case 'b' -> '\b';
                case 'f' -> '\f';
                case 'n' -> '\n';
                case 'r' -> '\r';
                case 't' -> '\t';
                case 'u' -> {
                    int code = 0;
                    for (int i = 0; i < 4; i++, at++) {
                        int digit = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
                        if (digit < 0) {
                            throw wrong("Four hexadecimal digits are missing");
                        }
                        code = code << 4 | digit;
                    }
                    yield (char) code;
                }
                default -> throw wrong("There is no escape \\" + c);
            };
        }

        private Number number() {
            int start = at;
            if (text.charAt(at) == '-') {
                at++;
            }
            boolean zero = at < text.length() && text.charAt(at) == '0';
            int whole = digits();
            if (whole == 0 || (zero && whole > 1)) {
                throw wrong("A number is malformed");
            }
            boolean integer = true;
            if (at < text.length() && text.charAt(at) == '.') {
                integer = false;
                at++;
                if (digits() == 0) {
                    throw wrong("Digits are missing after the point");
                }
            }
            if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
                integer = false;
                at++;
                if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                    at++;
                }
                if (digits() == 0) {
                    throw wrong("Digits are missing in the exponent");
                }
            }
            if (at - start > MAX_NUMBER_LENGTH) {
                throw wrong("A number has more than " + MAX_NUMBER_LENGTH + " characters");
            }
            String spelled = text.substring(start, at);
            if (!integer) {
                double value = Double.parseDouble(spelled);
                if (Double.isInfinite(value)) {
                    throw wrong("The number " + spelled + " is too large");
                }
                return value;
            }
            if (spelled.length() <= 18) {
                return Long.parseLong(spelled);
            }
            BigInteger value = new BigInteger(spelled);
            return value.bitLength() < 64 ? (Number) value.longValue() : value;
        }

        private int digits() {
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            return at - start;
        }
    }
}
