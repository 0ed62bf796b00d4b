/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Java type whose values a model can write: a record, an enum, text, a number, a truth value, or whatever else may be a parameter
 * of a tool, see {@link Tools}. Its values are read from plain data, as the package description says. Safe for use from any thread.
 *
 * <p>
 * Generic types, such as a list of records, stand in a record: {@code record Readings(List<Reading> all) {}}.
 *
 * @param <T> the type
 */
public final class ValueType<T> {

    private final Class<T> type;
    private final Shape shape;

    private ValueType(Class<T> type, Shape shape) {
        this.type = type;
        this.shape = shape;
    }

    /**
     * A type.
     *
     * @param <T> the type
     * @param type its class
     * @return how models write it, and how it is read
     * @throws IllegalArgumentException if the type, or one within it, has no schema, contains itself or is not accessible
     */
    public static <T> ValueType<T> of(Class<T> type) {
        Shape shape = new ShapeReader("A value of " + type.getName(), "one that a model can write").read(type);
        return new ValueType<>(type, shape);
    }

    /**
     * The schema of all values: without names that the type does not have, and with numbers in the range of their types.
     *
     * @return a JSON schema, see the package description
     */
    public Map<String, @Nullable Object> schema() {
        return Collections.unmodifiableMap(shape.exact());
    }

    /**
     * Reads a value.
     *
     * @param data plain data, for example what a parser of JSON gives
     * @return the value
     * @throws MillraceException if the data does not fit the type, or the type refuses it, with the place and what was expected
     */
    public T read(@Nullable Object data) {
        // whoever has a name of a component needs no other
        String path = shape instanceof Shape.Structure ? "" : "value";
        try {
            Object value = shape.read(path, data);
            if (value == null) {
                throw ArgumentException.unexpected(path, shape.expected(), null);
            }
            @SuppressWarnings("unchecked") // boxed, where the type is primitive
            T typed = (T) value;
            return typed;
        } catch (ArgumentException e) {
            throw new MillraceException(
                    "What the model wrote is no " + type.getSimpleName() + ". " + e.getMessage(), e);
        }
    }
}
