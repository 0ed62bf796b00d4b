/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.Json;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
    private static final int MAX_CHARACTER_NAME = 128;

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

    /** Goes back to where it was before. */
    void back(int position) {
        at = position;
    }

    /** Skips white space, and what else Python passes over between tokens; tells the next character, or 0 at the end. */
    char peek() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (c == '#' && escapes == Escapes.PYTHON) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (c == '\\' && escapes == Escapes.PYTHON && lineEnd(at + 1) > 0) {
                at += 1 + lineEnd(at + 1);
            } else {
                return c;
            }
        }
        return 0;
    }

    /** Length of the line end at an index: 0 where there is none. */
    private int lineEnd(int index) {
        return text.startsWith("\r\n", index) ? 2 : text.startsWith("\n", index) ? 1 : 0;
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
                if (string && isPrefix(word)) {
                    yield strings();
                }
                if (string && word.length() <= 2 && word.matches("(?i)[rb]+")) {
                    throw wrong("JSON has no bytes");
                }
                throw wrong(
                        "a value must be a literal: a string in quotes, a number, True, False, None, a list or a dict");
            }
        };
    }

    /** What may stand before the quotes of a string. */
    private static boolean isPrefix(String word) {
        return word.length() <= 2 && word.matches("(?i)[ruf]|rf|fr");
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
            if (escapes == Escapes.PYTHON && skip('*')) {
                items.addAll(iterable(value(depth + 1)));
            } else {
                items.add(value(depth + 1));
            }
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
        boolean more = true;
        if (!text.startsWith("**", at)) {
            List<@Nullable Object> set = new ArrayList<>();
            if (escapes == Escapes.PYTHON && peek() == '*') {
                items('}', depth, set);
                return distinct(set);
            }
            Object first = value(depth + 1);
            if (peek() != ':') {
                set.add(first);
                if (skip(',')) {
                    items('}', depth, set);
                } else {
                    expect('}');
                }
                return distinct(set);
            }
            expect(':');
            put(map, key(first), value(depth + 1));
            more = skip(',');
        }
        while (!skip('}')) {
            if (!more) {
                throw wrong("expected ',' or '}'");
            }
            if (escapes == Escapes.PYTHON && text.startsWith("**", at)) {
                at += 2;
                map.putAll(mapping(value(depth + 1)));
            } else {
                String key = key(value(depth + 1));
                expect(':');
                put(map, key, value(depth + 1));
            }
            more = skip(',');
        }
        return map;
    }

    private static List<@Nullable Object> distinct(List<@Nullable Object> items) {
        return new ArrayList<>(new LinkedHashSet<>(items));
    }

    /** What a star spreads: a list, the keys of a map, or the characters of a string. */
    static List<?> iterable(@Nullable Object value) throws CallSyntaxException {
        return switch (value) {
            case List<?> list -> list;
            case Map<?, ?> map -> List.copyOf(map.keySet());
            case String string -> string.codePoints().mapToObj(Character::toString).toList();
            case null, default -> throw new CallSyntaxException("'*' must stand before a list");
        };
    }

    /** What two stars spread. */
    static Map<String, @Nullable Object> mapping(@Nullable Object value) throws CallSyntaxException {
        if (!(value instanceof Map<?, ?> map)) {
            throw new CallSyntaxException("'**' must stand before a dict");
        }
        Map<String, @Nullable Object> members = new LinkedHashMap<>();
        map.forEach((key, member) -> members.put(String.valueOf(key), member));
        return members;
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

    /** Strings beside each other are one string. */
    private String strings() throws CallSyntaxException {
        StringBuilder out = new StringBuilder();
        do {
            string(out);
        } while (beginsString());
        return Json.wellFormed(out.toString());
    }

    private boolean beginsString() {
        peek();
        int end = at;
        while (escapes == Escapes.PYTHON && end < text.length() && end < at + 2 && isName(text.charAt(end))) {
            end++;
        }
        return end < text.length() && (text.charAt(end) == '"' || text.charAt(end) == '\'')
                && (end == at || isPrefix(text.substring(at, end)));
    }

    private void string(StringBuilder out) throws CallSyntaxException {
        boolean raw = false;
        boolean formatted = false;
        char quote = text.charAt(at);
        for (; quote != '"' && quote != '\''; quote = text.charAt(++at)) {
            raw |= quote == 'r' || quote == 'R';
            formatted |= quote == 'f' || quote == 'F';
        }
        String three = String.valueOf(quote).repeat(3);
        String close = text.startsWith(three, at) ? three : String.valueOf(quote);
        at += close.length();
        while (!text.startsWith(close, at)) {
            if (at >= text.length()) {
                throw wrong("a string does not end");
            }
            char c = text.charAt(at++);
            if (formatted && (c == '{' || c == '}')) {
                // a brace twice is one; between single ones stands what only Python could evaluate
                if (!text.startsWith(String.valueOf(c), at)) {
                    throw wrong("a formatted string must be spelled out");
                }
                at++;
                out.append(c);
            } else if (c != '\\' || at >= text.length()) {
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
            case '\r' -> {
                // the same, where lines end in two characters
                at += text.startsWith("\n", at) ? 1 : 0;
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
            case 'N' -> named(out);
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

    /** A character by its name in Unicode; what names none stays as it is. */
    private void named(StringBuilder out) {
        int end = text.startsWith("{", at) ? text.indexOf('}', at) : -1;
        if (end > 0 && end - at <= MAX_CHARACTER_NAME) {
            try {
                out.appendCodePoint(Character.codePointOf(text.substring(at + 1, end)));
                at = end + 1;
                return;
            } catch (IllegalArgumentException e) {
                // no character has this name
            }
        }
        out.append("\\N");
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
            peek();
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
        if (spelled.matches("(?i)[0-9._e+-]+j")) {
            throw new CallSyntaxException("JSON has no complex numbers");
        }
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
