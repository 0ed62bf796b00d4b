/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.json.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The types that JSON Schema names, and the spellings of one type's values in another that mean the same beyond doubt. */
final class JsonType {

    private static final Pattern NUMBER = Pattern
            .compile("-?(?:0|[1-9][0-9]{0,30})(?:\\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?");

    /** What people who write Python call the types of JSON. */
    private static final Map<String, String> OTHER_NAMES = Map.ofEntries(Map.entry("int", "integer"),
            Map.entry("long", "integer"),
            Map.entry("float", "number"), Map.entry("double", "number"), Map.entry("str", "string"),
            Map.entry("bool", "boolean"), Map.entry("dict", "object"), Map.entry("list", "array"),
            Map.entry("tuple", "array"),
            Map.entry("none", "null"));

    private JsonType() {
    }

    /** The name of a type in JSON Schema, which others write in capitals or as Python does. */
    static String plain(String type) {
        String small = type.toLowerCase(Locale.ROOT);
        return OTHER_NAMES.getOrDefault(small, small);
    }

    /** Whether a value has a type; a type that is not known has every value. */
    static boolean is(@Nullable Object value, @Nullable Object type) {
        return switch (String.valueOf(type)) {
            case "string" -> value instanceof CharSequence;
            case "boolean" -> value instanceof Boolean;
            case "null" -> value == null;
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "number" -> value instanceof Number;
            case "integer" -> value instanceof Number && !(value instanceof Double) && !(value instanceof Float);
            default -> true;
        };
    }

    /** The type of a value, for people and models. */
    static String of(@Nullable Object value) {
        for (String type : List.of("null", "string", "boolean", "object", "array", "integer", "number")) {
            if (is(value, type)) {
                return type;
            }
        }
        return "something else";
    }

    /**
     * A value in another type.
     *
     * @return null if it has none
     */
    static @Nullable Object respelled(@Nullable Object value, @Nullable Object type) {
        return switch (String.valueOf(type)) {
            case "integer" -> {
                BigDecimal exact = exact(value);
                yield exact != null && exact.stripTrailingZeros().scale() <= 0 ? whole(exact) : null;
            }
            case "number" -> {
                BigDecimal exact = exact(value);
                yield exact == null ? null : exact.scale() == 0 ? whole(exact) : finite(exact.doubleValue());
            }
            case "boolean" -> !(value instanceof CharSequence text)
                    ? null
                    : text.toString().equalsIgnoreCase("true")
                            ? Boolean.TRUE
                            : text.toString().equalsIgnoreCase("false") ? Boolean.FALSE : null;
            case "string" -> finite(value) || value instanceof Boolean ? Json.write(value) : null;
            case "array" -> value instanceof String text && literal(text) instanceof List<?> list ? list : null;
            case "object" -> value instanceof String text && literal(text) instanceof Map<?, ?> map ? map : null;
            default -> null;
        };
    }

    /** Whether a text says that there is no value. */
    static boolean spellsNull(String text) {
        return text.strip().equals("null") || text.strip().equals("None");
    }

    private static boolean finite(@Nullable Object value) {
        return value instanceof Number number
                && (number instanceof BigInteger || Double.isFinite(number.doubleValue()));
    }

    /** A list or an object that is spelled in a text. */
    private static @Nullable Object literal(String text) {
        String spelled = text.strip();
        if (!spelled.startsWith("[") && !spelled.startsWith("{")) {
            return null;
        }
        try {
            LiteralReader reader = new LiteralReader(spelled, LiteralReader.Escapes.JSON);
            Object value = reader.value(0);
            reader.end();
            return value;
        } catch (CallSyntaxException e) {
            return null;
        }
    }

    /** A finite number for comparing; zero for others, which JSON does not have. */
    static BigDecimal decimal(Number number) {
        return switch (number) {
            case Double d -> Double.isFinite(d) ? BigDecimal.valueOf(d) : BigDecimal.ZERO;
            case Float f -> Float.isFinite(f) ? new BigDecimal(f.toString()) : BigDecimal.ZERO;
            default -> new BigDecimal(number.toString());
        };
    }

    /** A number, or a text that spells one as JSON does. */
    private static @Nullable BigDecimal exact(@Nullable Object value) {
        return switch (value) {
            case Double d when !Double.isFinite(d) -> null;
            case Float f when !Float.isFinite(f) -> null;
            case Number number -> decimal(number);
            case CharSequence text when NUMBER.matcher(text.toString().strip()).matches() ->
                new BigDecimal(text.toString().strip());
            case null, default -> null;
        };
    }

    private static Number whole(BigDecimal decimal) {
        BigInteger value = decimal.toBigIntegerExact();
        return value.bitLength() < 64 ? (Number) value.longValue() : value;
    }

    private static @Nullable Number finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
