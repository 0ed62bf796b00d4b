/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.Json;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads literals of Python and of JSON, mixed as models mix them, into the data that
 * {@linkplain dev.millrace.api the API} describes. Where the two differ in spelling, both are taken ({@code True} and
 * {@code true}); tuples and sets are lists. Never evaluates anything.
 *
 * @see <a href="https://docs.python.org/3/reference/lexical_analysis.html">Python, lexical analysis</a>
 */
final class LiteralReader {

    /** Lists and maps may be nested this deep: far from the end of the stack, and still writable as JSON in a message. */
    static final int MAX_DEPTH = 128;

    private static final int MAX_NUMBER_LENGTH = 1000;

    /** The two languages' strings differ in this alone. */
    enum Escapes {
        /** An unknown escape keeps its backslash. */
        PYTHON,
        /** {@code \/} is a slash; the backslash of an unknown escape is kept as in Python. */
        JSON
    }

    private final String text;
    private final Escapes escapes;
    private int at;

    LiteralReader(String text, Escapes escapes) {
        this.text = text;
        this.escapes = escapes;
    }

    /** Index of the next character. */
    int position() {
        return at;
    }

    /** Skips white space and tells the next character, or 0 at the end. */
    char peek() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    /** Takes a character, if it is the next one after white space. */
    boolean skip(char c) {
        if (peek() != c || at >= text.length()) {
            return false;
        }
        at++;
        return true;
    }

    /** Takes a character that must come next after white space. */
    void expect(char c) throws CallSyntaxException {
        if (!skip(c)) {
            throw wrong("expected '" + c + "'");
        }
    }

    /** Checks that nothing but white space is left. */
    void end() throws CallSyntaxException {
        peek();
        if (at < text.length()) {
            throw wrong("nothing may follow the call");
        }
    }

    /** Takes a run of letters, digits and {@code _ . -}; empty if there is none. */
    String name() {
        peek();
        int start = at;
        while (at < text.length() && isName(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    static boolean isName(char c) {
        return Character.isLetterOrDigit(c) || Character.isSurrogate(c) || c == '_' || c == '.' || c == '-';
    }

    /** What is wrong here. */
    CallSyntaxException wrong(String message) {
        int end = Math.min(text.length(), at + 20);
        return new CallSyntaxException(message + (at < text.length()
                ? ", found: " + text.substring(at, end)
                : ", found the end"));
    }

    /**
     * Reads one value.
     *
     * @param depth how many lists and maps it stands in
     */
    @Nullable
    Object value(int depth) throws CallSyntaxException {
        if (depth > MAX_DEPTH) {
            throw new CallSyntaxException("values may be nested " + MAX_DEPTH + " deep at most");
        }
        char c = peek();
        return switch (c) {
            case '{' -> mapOrSet(depth);
            case '[' -> list(']', depth);
            case '(' -> parentheses(depth);
            case '"', '\'' -> strings();
            default -> {
                if (isDigit(c) || c == '+' || c == '-' || c == '.') {
                    yield number();
                }
                yield word();
            }
        };
    }

    private @Nullable Object word() throws CallSyntaxException {
        int start = at;
        String word = name();
        return switch (word) {
            case "True", "true" -> true;
            case "False", "false" -> false;
            case "None", "null" -> null;
            default -> {
                boolean string = at < text.length() && (text.charAt(at) == '"' || text.charAt(at) == '\'');
                at = start;
                if (string && List.of("r", "R", "u", "U").contains(word)) {
                    yield strings();
                }
                throw wrong(
                        "a value must be a literal: a string in quotes, a number, True, False, None, a list or a dict");
            }
        };
    }

    private @Nullable Object parentheses(int depth) throws CallSyntaxException {
        at++;
        List<@Nullable Object> items = new ArrayList<>();
        boolean comma = items(')', depth, items);
        return items.size() == 1 && !comma ? items.getFirst() : items;
    }

    private List<@Nullable Object> list(char close, int depth) throws CallSyntaxException {
        at++;
        List<@Nullable Object> items = new ArrayList<>();
        items(close, depth, items);
        return items;
    }

    /** Takes items up to the closing character, and tells whether a comma stood behind the last one. */
    private boolean items(char close, int depth, List<@Nullable Object> items) throws CallSyntaxException {
        boolean comma = true;
        while (!skip(close)) {
            if (!comma) {
                throw wrong("expected ',' or '" + close + "'");
            }
            items.add(value(depth + 1));
            comma = skip(',');
        }
        return comma;
    }

    private Object mapOrSet(int depth) throws CallSyntaxException {
        at++;
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        if (skip('}')) {
            return map;
        }
        Object first = value(depth + 1);
        if (peek() != ':') {
            List<@Nullable Object> set = new ArrayList<>();
            set.add(first);
            if (skip(',')) {
                items('}', depth, set);
            } else {
                expect('}');
            }
            return set;
        }
        Object key = first;
        while (true) {
            expect(':');
            put(map, key(key), value(depth + 1));
            if (!skip(',')) {
                expect('}');
                return map;
            }
            if (skip('}')) {
                return map;
            }
            key = value(depth + 1);
        }
    }

    /** Adds an entry; one name with two values is refused, since a tool and its guard might see different ones. */
    void put(Map<String, @Nullable Object> map, String key, @Nullable Object value) throws CallSyntaxException {
        if (map.containsKey(key)) {
            throw new CallSyntaxException("'" + key + "' is given twice");
        }
        map.put(key, value);
    }

    /** Keys that are no strings become strings as in Python's {@code json.dumps}. */
    private String key(@Nullable Object key) throws CallSyntaxException {
        if (key instanceof List || key instanceof Map) {
            throw wrong("a key must be a string");
        }
        return key instanceof String string ? string : Json.write(key);
    }

    private String strings() throws CallSyntaxException {
        StringBuilder out = new StringBuilder();
        do {
            string(out);
        } while (peek() == '"' || peek() == '\'');
        return out.toString();
    }

    private void string(StringBuilder out) throws CallSyntaxException {
        boolean raw = false;
        char quote = text.charAt(at);
        if (quote != '"' && quote != '\'') {
            raw = quote == 'r' || quote == 'R';
            quote = text.charAt(++at);
        }
        String three = String.valueOf(quote).repeat(3);
        String close = text.startsWith(three, at) ? three : String.valueOf(quote);
        at += close.length();
        while (!text.startsWith(close, at)) {
            if (at >= text.length()) {
                throw wrong("a string does not end");
            }
            char c = text.charAt(at++);
            if (c != '\\' || at >= text.length()) {
                out.append(c);
            } else if (raw) {
                out.append(c).append(text.charAt(at++));
            } else {
                escape(text.charAt(at++), out);
            }
        }
        at += close.length();
    }

    private void escape(char c, StringBuilder out) {
        switch (c) {
            case '\\', '\'', '"' -> out.append(c);
            case '\n' -> {
                // a backslash at the end of a line joins it with the next one
            }
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'a' -> out.append('\u0007');
            case 'v' -> out.append('\u000b');
            case 'x' -> hexadecimal(c, 2, out);
            case 'u' -> hexadecimal(c, 4, out);
            case 'U' -> hexadecimal(c, 8, out);
            default -> {
                if (c == '/' && escapes == Escapes.JSON) {
                    out.append(c);
                } else if (c >= '0' && c <= '7' && escapes == Escapes.PYTHON) {
                    octal(out);
                } else {
                    out.append('\\').append(c);
                }
            }
        }
    }

    private void hexadecimal(char kind, int digits, StringBuilder out) {
        long code = 0;
        int end = at;
        while (end < text.length() && end < at + digits && Character.digit(text.charAt(end), 16) >= 0
                && text.charAt(end) < 128) {
            code = code << 4 | Character.digit(text.charAt(end++), 16);
        }
        if (end < at + digits || code > Character.MAX_CODE_POINT) {
            out.append('\\').append(kind);
            return;
        }
        out.appendCodePoint((int) code);
        at = end;
    }

    private void octal(StringBuilder out) {
        int code = 0;
        at--;
        for (int end = at + 3; at < text.length() && at < end && text.charAt(at) >= '0'
                && text.charAt(at) <= '7'; at++) {
            code = code << 3 | text.charAt(at) - '0';
        }
        out.append((char) code);
    }

    private Number number() throws CallSyntaxException {
        int start = at;
        boolean negative = text.charAt(at) == '-';
        if (negative || text.charAt(at) == '+') {
            at++;
        }
        int digits = at;
        boolean exponent = false;
        boolean based = text.startsWith("0x", at) || text.startsWith("0X", at);
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean sign = (c == '+' || c == '-') && exponent && (text.charAt(at - 1) | 0x20) == 'e';
            if (!sign && !Character.isLetterOrDigit(c) && c != '.' && c != '_') {
                break;
            }
            exponent |= !based && (c == 'e' || c == 'E');
            at++;
        }
        String spelled = text.substring(digits, at);
        if (spelled.length() > MAX_NUMBER_LENGTH) {
            throw new CallSyntaxException("a number has more than " + MAX_NUMBER_LENGTH + " characters");
        }
        Number value = number(spelled, negative);
        if (value == null) {
            at = start;
            throw wrong("a number is malformed");
        }
        return value;
    }

    private static @Nullable Number number(String spelled, boolean negative) {
        if (!spelled.matches("[0-9a-fA-FxXoObB._eE+-]+") || spelled.startsWith("_") || spelled.endsWith("_")
                || spelled.contains("__")) {
            return null;
        }
        String plain = spelled.replace("_", "");
        if (plain.matches("[0-9]+")) {
            return integer(plain, 10, negative);
        }
        if (plain.matches("0[xX][0-9a-fA-F]+")) {
            return integer(plain.substring(2), 16, negative);
        }
        if (plain.matches("0[oO][0-7]+")) {
            return integer(plain.substring(2), 8, negative);
        }
        if (plain.matches("0[bB][01]+")) {
            return integer(plain.substring(2), 2, negative);
        }
        if (plain.matches("([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?")) {
            double value = Double.parseDouble(plain);
            return Double.isInfinite(value) ? null : (Number) (negative ? -value : value);
        }
        return null;
    }

    private static Number integer(String digits, int radix, boolean negative) {
        BigInteger value = new BigInteger(digits, radix);
        BigInteger signed = negative ? value.negate() : value;
        return signed.bitLength() < 64 ? (Number) signed.longValue() : signed;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
