/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a Java type looks like to a model: its schema, and how an argument becomes a value of it. */
sealed interface Shape {

    /** The JSON schema: a new map, to which a description may be added. */
    Map<String, @Nullable Object> schema();

    /** The same, but with all that {@link #read} asks for: for answers that are held to it. */
    default Map<String, @Nullable Object> exact() {
        return schema();
    }

    /** What a message says was expected: a noun with its article. */
    String expected();

    /** Converts an argument; null stands in lists and maps only. */
    @Nullable
    Object read(String path, @Nullable Object given) throws ArgumentException;

    /** The value of an argument that was left out. */
    default @Nullable Object absent() {
        return null;
    }

    private static Map<String, @Nullable Object> type(String name) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", name);
        return schema;
    }

    /** Any value, as the model wrote it. */
    record Anything() implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            return new LinkedHashMap<>();
        }

        @Override
        public String expected() {
            return "a value";
        }

        @Override
        public @Nullable Object read(String path, @Nullable Object given) {
            return given;
        }
    }

    /** A string; models often leave out the quotes around what looks like a number. */
    record Text() implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            return Shape.type("string");
        }

        @Override
        public String expected() {
            return "a string";
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            return switch (given) {
                case String text -> text;
                case Number number -> number.toString();
                case Boolean truth -> truth.toString();
                case null, default -> throw ArgumentException.unexpected(path, expected(), given);
            };
        }
    }

    /** True or false. */
    record Truth(Class<?> type) implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            return Shape.type("boolean");
        }

        @Override
        public String expected() {
            return "true or false";
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            if (given instanceof Boolean) {
                return given;
            }
            if (given instanceof String text) {
                String word = text.strip();
                if (word.equalsIgnoreCase("true") || word.equalsIgnoreCase("false")) {
                    return word.equalsIgnoreCase("true");
                }
            }
            throw ArgumentException.unexpected(path, expected(), given);
        }

        @Override
        public @Nullable Object absent() {
            return type.isPrimitive() ? false : null;
        }
    }

    /** An integer of some Java type; a value outside its range is an error. */
    record Whole(Class<?> type) implements Shape {

        private static final Pattern SPELLING = Pattern.compile("[+-]?\\d{1,400}(\\.0{0,20})?");

        @Override
        public Map<String, @Nullable Object> schema() {
            return Shape.type("integer");
        }

        @Override
        public Map<String, @Nullable Object> exact() {
            Map<String, @Nullable Object> schema = schema();
            int bits = switch (type.getSimpleName()) {
                case "byte", "Byte" -> Byte.SIZE;
                case "short", "Short" -> Short.SIZE;
                case "int", "Integer" -> Integer.SIZE;
                case "long", "Long" -> Long.SIZE;
                default -> 0;
            };
            if (bits > 0) {
                schema.put("minimum", Long.MIN_VALUE >> (Long.SIZE - bits));
                schema.put("maximum", Long.MAX_VALUE >> (Long.SIZE - bits));
            }
            return schema;
        }

        @Override
        public String expected() {
            return switch (type.getSimpleName()) {
                case "byte", "Byte" -> "an integer from -128 to 127";
                case "short", "Short" -> "an integer from -32768 to 32767";
                case "int", "Integer" -> "an integer of 32 bits";
                case "long", "Long" -> "an integer of 64 bits";
                default -> "an integer";
            };
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            String spelling = switch (given) {
                case Double d when d == Math.rint(d) && !d.isInfinite() -> new BigDecimal(d).toPlainString();
                case Number number -> number.toString();
                case String text -> text.strip();
                case null, default -> "";
            };
            if (!SPELLING.matcher(spelling).matches()) {
                throw ArgumentException.unexpected(path, expected(), given);
            }
            int point = spelling.indexOf('.');
            BigInteger value = new BigInteger(point < 0 ? spelling : spelling.substring(0, point));
            try {
                return of(value);
            } catch (ArithmeticException e) {
                throw ArgumentException.unexpected(path, expected(), given);
            }
        }

        private Object of(BigInteger value) {
            return switch (type.getSimpleName()) {
                case "byte", "Byte" -> value.byteValueExact();
                case "short", "Short" -> value.shortValueExact();
                case "int", "Integer" -> value.intValueExact();
                case "long", "Long" -> value.longValueExact();
                default -> value;
            };
        }

        @Override
        public @Nullable Object absent() {
            return type.isPrimitive() ? of(BigInteger.ZERO) : null;
        }
    }

    /** A finite number of some Java type. */
    record Real(Class<?> type) implements Shape {

        /** A round number below the largest of 32 bits. */
        private static final double MOST_FLOAT = 1e38;

        private static final Pattern SPELLING = Pattern
                .compile("[+-]?(\\d{1,400}(\\.\\d{0,400})?|\\.\\d{1,400})([eE][+-]?\\d{1,4})?");

        @Override
        public Map<String, @Nullable Object> schema() {
            return Shape.type("number");
        }

        @Override
        public Map<String, @Nullable Object> exact() {
            Map<String, @Nullable Object> schema = schema();
            if (type.getSimpleName().equalsIgnoreCase("float")) {
                schema.put("minimum", -MOST_FLOAT);
                schema.put("maximum", MOST_FLOAT);
            }
            return schema;
        }

        @Override
        public String expected() {
            return "a number";
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            String spelling = given instanceof Number || given instanceof String ? given.toString().strip() : "";
            if (SPELLING.matcher(spelling).matches()) {
                Number value = of(spelling);
                if (Double.isFinite(value.doubleValue()) || value instanceof BigDecimal) {
                    return value;
                }
            }
            throw ArgumentException.unexpected(path, expected(), given);
        }

        private Number of(String spelling) {
            return switch (type.getSimpleName()) {
                case "double", "Double" -> Double.valueOf(spelling);
                case "float", "Float" -> Float.valueOf(spelling);
                default -> new BigDecimal(spelling);
            };
        }

        @Override
        public @Nullable Object absent() {
            return type.isPrimitive() ? of("0") : null;
        }
    }

    /** A constant of an enum. */
    record Choice(List<Enum<?>> constants) implements Shape {

        static String name(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
        }

        private List<String> names() {
            return constants.stream().map(Choice::name).toList();
        }

        @Override
        public Map<String, @Nullable Object> schema() {
            Map<String, @Nullable Object> schema = Shape.type("string");
            schema.put("enum", names());
            return schema;
        }

        @Override
        public String expected() {
            return "one of " + String.join(", ", names());
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            if (given instanceof String text) {
                for (Enum<?> constant : constants) {
                    if (constant.name().equalsIgnoreCase(text.strip())) {
                        return constant;
                    }
                }
            }
            throw ArgumentException.unexpected(path, expected(), given);
        }
    }

    /** An array, a set or a list. */
    record Sequence(Class<?> type, Shape item) implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            Map<String, @Nullable Object> schema = Shape.type("array");
            schema.put("items", item.schema());
            return schema;
        }

        @Override
        public Map<String, @Nullable Object> exact() {
            Map<String, @Nullable Object> schema = schema();
            schema.put("items", item.exact());
            return schema;
        }

        @Override
        public String expected() {
            return "a list";
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            if (!(given instanceof Collection<?> items)) {
                throw ArgumentException.unexpected(path, expected(), given);
            }
            List<@Nullable Object> values = new ArrayList<>(items.size());
            for (Object value : items) {
                values.add(item.read(path + "[" + values.size() + "]", value));
            }
            if (type.isArray()) {
                Object array = Array.newInstance(type.getComponentType(), values.size());
                for (int i = 0; i < values.size(); i++) {
                    Array.set(array, i, values.get(i));
                }
                return array;
            }
            return type == Set.class
                    ? Collections.unmodifiableSet(new LinkedHashSet<>(values))
                    : Collections.unmodifiableList(values);
        }
    }

    /** An object with any names. */
    record Mapping(Shape value) implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            Map<String, @Nullable Object> schema = Shape.type("object");
            schema.put("additionalProperties", value.schema());
            return schema;
        }

        @Override
        public Map<String, @Nullable Object> exact() {
            Map<String, @Nullable Object> schema = schema();
            schema.put("additionalProperties", value.exact());
            return schema;
        }

        @Override
        public String expected() {
            return "an object";
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            if (!(given instanceof Map<?, ?> map)) {
                throw ArgumentException.unexpected(path, expected(), given);
            }
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                String name = String.valueOf(entry.getKey());
                values.put(name, value.read(path + "." + name, entry.getValue()));
            }
            return Collections.unmodifiableMap(values);
        }
    }

    /** An object that becomes a record. */
    record Structure(Fields fields, Constructor<?> constructor) implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            return fields.schema();
        }

        @Override
        public Map<String, @Nullable Object> exact() {
            return fields.exact();
        }

        @Override
        public String expected() {
            return "an object with "
                    + String.join(", ", fields.all().stream().map(Fields.Field::name).toList());
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            if (!(given instanceof Map<?, ?> map)) {
                throw ArgumentException.unexpected(path, expected(), given);
            }
            try {
                return constructor.newInstance(fields.read(path, map));
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                // what a record's own checks refuse is wrong in the eyes of the model too
                throw ArgumentException.refused(path, e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(constructor + " cannot be called.", e);
            }
        }
    }

    /** A value that may be left out. */
    record Maybe(Shape value) implements Shape {

        @Override
        public Map<String, @Nullable Object> schema() {
            return value.schema();
        }

        @Override
        public Map<String, @Nullable Object> exact() {
            return value.exact();
        }

        @Override
        public String expected() {
            return value.expected();
        }

        @Override
        public Object read(String path, @Nullable Object given) throws ArgumentException {
            return given == null ? Optional.empty() : Optional.ofNullable(value.read(path, given));
        }

        @Override
        public Object absent() {
            return Optional.empty();
        }
    }
}
