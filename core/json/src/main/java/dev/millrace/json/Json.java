/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON (RFC 8259). Values are {@code String}, {@code Long} or {@link BigInteger}, {@code Double},
 * {@code Boolean}, {@code null}, {@code List} and {@code Map} in the order of the source.
 *
 * <p>
 * Text is always well-formed: half of a surrogate pair becomes U+FFFD, in both directions. Safe for use from any thread.
 */
public final class Json {

    /** Arrays and objects may be nested this deep. */
    public static final int MAX_DEPTH = 256;

    private static final int MAX_NUMBER_LENGTH = 1000;
    private static final char REPLACEMENT = '\uFFFD';
    private static final String REPLACEMENT_ESCAPE = "\\ufffd";
    private static final int ESCAPE_LENGTH = REPLACEMENT_ESCAPE.length();
    private static final char NO_CODE = '\uFFFF';
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private static final JsonFactory STRICT = factory(false);
    private static final JsonFactory LENIENT = factory(true);

    private Json() {
    }

    /** Only what Jackson 2.15 has, too: hosts may bring an old one. */
    @SuppressWarnings("deprecation") // the newer way to switch buffers off came with 2.16
    private static JsonFactory factory(boolean lenient) {
        StreamReadConstraints constraints = StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(MAX_NUMBER_LENGTH).maxStringLength(Integer.MAX_VALUE).build();
        return JsonFactory.builder().streamReadConstraints(constraints)
                // names come from files that anybody may have written: none is kept beyond its text
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                // a pool by thread would keep the class loader of a bundle that was removed
                .disable(JsonFactory.Feature.USE_THREAD_LOCAL_FOR_BUFFER_RECYCLING)
                .configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION, !lenient)
                .configure(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS, lenient).build();
    }

    /**
     * Reads one value, strictly.
     *
     * @param text the whole text
     * @return the value
     * @throws JsonException if the text is not JSON, repeats a key within an object or nests deeper than {@link #MAX_DEPTH}
     */
    public static @Nullable Object parse(String text) {
        return read(text, false);
    }

    /**
     * Reads the content of a file that a Python program may have written. Beyond {@link #parse} it takes {@code NaN},
     * {@code Infinity} and {@code -Infinity} as numbers, and a number that is too large as infinite; of a key that stands
     * twice the last value counts; a byte order mark before the text is passed over.
     *
     * @param text the whole text
     * @return the value
     * @throws JsonException if the text is not JSON, or nests deeper than {@link #MAX_DEPTH}
     */
    public static @Nullable Object parseFile(String text) {
        return read(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text, true);
    }

    /**
     * The text in a file that should hold JSON, as {@link FileText#forPrograms} reads it.
     *
     * @param bytes the whole file
     * @return its text, which may still be no JSON
     * @throws NotTextException if it is no text, or known to be something else
     */
    public static String text(byte[] bytes) throws NotTextException {
        return FileText.forPrograms(bytes);
    }

    private static @Nullable Object read(String text, boolean lenient) {
        try (JsonParser parser = (lenient ? LENIENT : STRICT).createParser(text)) {
            if (parser.nextToken() == null) {
                throw new JsonException("A value is missing", text.length());
            }
            Object value = value(parser, lenient);
            if (parser.nextToken() != null) {
                throw new JsonException("Nothing may follow the value", parser.currentTokenLocation().getCharOffset());
            }
            return value;
        } catch (JsonProcessingException e) {
            String mended = wellFormedEscapes(text);
            if (!mended.equals(text)) {
                // newer parsers refuse such a name, older ones and all values take it
                return read(mended, lenient);
            }
            throw new JsonException(JsonReason.of(e), position(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a text in memory has no input or output to fail
        }
    }

    private static long position(JsonProcessingException e) {
        return e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getCharOffset());
    }

    private static @Nullable Object value(JsonParser parser, boolean lenient) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, lenient);
            case START_ARRAY -> array(parser, lenient);
            case VALUE_STRING -> wellFormed(parser.getText());
            case VALUE_NUMBER_INT -> integer(parser);
            case VALUE_NUMBER_FLOAT -> decimal(parser, lenient);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> throw new JsonException("A value is missing", parser.currentTokenLocation().getCharOffset());
        };
    }

    private static Map<String, @Nullable Object> object(JsonParser parser, boolean lenient) throws IOException {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = wellFormed(parser.currentName());
            parser.nextToken();
            map.put(key, value(parser, lenient));
        }
        return map;
    }

    private static List<@Nullable Object> array(JsonParser parser, boolean lenient) throws IOException {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.add(value(parser, lenient));
        }
        return list;
    }

    private static Number integer(JsonParser parser) throws IOException {
        return switch (parser.getNumberType()) {
            case INT, LONG -> (Number) parser.getLongValue();
            default -> parser.getBigIntegerValue();
        };
    }

    private static Double decimal(JsonParser parser, boolean lenient) throws IOException {
        double value = parser.getDoubleValue();
        if (!lenient && !Double.isFinite(value)) {
            throw new JsonException("The number " + parser.getText() + " is too large",
                    parser.currentTokenLocation().getCharOffset());
        }
        return value;
    }

    /**
     * Replaces each half of a surrogate pair that stands alone, which no encoding can write, by U+FFFD.
     *
     * @param text any text
     * @return the same text if it is well-formed
     */
    public static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isLone(text, i)) {
                StringBuilder out = new StringBuilder(text);
                for (int at = i; at < out.length(); at++) {
                    if (isLone(out, at)) {
                        out.setCharAt(at, REPLACEMENT);
                    }
                }
                return out.toString();
            }
        }
        return text;
    }

    /**
     * Replaces each escape of a half of a surrogate pair that stands alone by the escape of U+FFFD, in the text of a document.
     *
     * @param json the text of a document; it need not be right
     * @return the same text if no such escape is in it
     */
    public static String wellFormedEscapes(String json) {
        StringBuilder out = null;
        int high = -1; // where the escape of a first half begins, if one has just ended
        for (int at = json.indexOf('\\'); at >= 0; at = json.indexOf('\\', at)) {
            char code = (char) escaped(json, at);
            int end = at + (code == NO_CODE ? 2 : ESCAPE_LENGTH);
            if (Character.isLowSurrogate(code) && high >= 0 && high + ESCAPE_LENGTH == at) {
                Objects.requireNonNull(out).replace(high, end, json.substring(high, end));
            } else if (Character.isSurrogate(code)) {
                // taken back if the second half follows
                out = out == null ? new StringBuilder(json) : out;
                out.replace(at, end, REPLACEMENT_ESCAPE);
            }
            high = Character.isHighSurrogate(code) ? at : -1;
            at = end;
        }
        return out == null ? json : out.toString();
    }

    /** The code that an escape names in hexadecimal digits; {@link #NO_CODE} if it is another escape. */
    private static int escaped(String json, int at) {
        if (at + ESCAPE_LENGTH > json.length() || json.charAt(at + 1) != 'u') {
            return NO_CODE;
        }
        int code = 0;
        for (int i = at + 2; i < at + ESCAPE_LENGTH; i++) {
            int digit = Character.digit(json.charAt(i), 16);
            if (digit < 0) {
                return NO_CODE;
            }
            code = code << 4 | digit;
        }
        return code;
    }

    private static boolean isLone(CharSequence text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(c) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    /**
     * Writes a value on one line, as Python's {@code json.dumps(value, ensure_ascii=False)} does.
     *
     * @param value a value as described above; any {@link Number}, {@link CharSequence}, {@link Iterable} and {@link Map} is
     *            accepted
     * @return the text
     * @throws IllegalArgumentException if a value has another type, a number is not finite, or values are nested deeper than
     *             {@link #MAX_DEPTH}
     */
    public static String write(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out, 0);
        return out.toString();
    }

    /**
     * Writes a string with quotes and escapes.
     *
     * @param text any text
     * @param out where to
     */
    public static void quote(CharSequence text, StringBuilder out) {
        out.append('"');
        JsonStringEncoder.getInstance().quoteAsString(wellFormed(text.toString()), out);
        out.append('"');
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
        } else if (digits.length() == 2) {
            // Java writes two digits at least, so 4.9E-324 where 5e-324 is the same number
            int one = (Integer.parseInt(digits) + 5) / 10;
            if (Double.parseDouble(sign + one + "E" + exponent) == value) {
                exponent += one == 10 ? 1 : 0;
                digits = one == 10 ? "1" : Integer.toString(one);
            }
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
}
