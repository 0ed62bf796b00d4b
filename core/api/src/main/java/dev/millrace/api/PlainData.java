/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Makes plain data (see the package description) of what a tool returns. */
final class PlainData {

    /** Data that refers to itself would never end. */
    private static final int MAX_DEPTH = 64;

    private PlainData() {
    }

    /**
     * Converts a value.
     *
     * @throws IllegalStateException if it, or something in it, has no plain form
     * @throws Exception what an accessor of a record throws
     */
    static @Nullable Object of(@Nullable Object value) throws Exception {
        return of(value, 0);
    }

    private static @Nullable Object of(@Nullable Object value, int depth) throws Exception {
        if (depth > MAX_DEPTH) {
            throw new IllegalStateException("The tool's result nests deeper than " + MAX_DEPTH
                    + " levels: return a record or map without circles.");
        }
        return switch (value) {
            case null -> null;
            case Boolean truth -> truth;
            case Number number -> number(number);
            case CharSequence text -> text.toString();
            case Character character -> character.toString();
            case Enum<?> constant -> Shape.Choice.name(constant);
            case Optional<?> maybe -> of(maybe.orElse(null), depth);
            case OptionalInt maybe -> maybe.isPresent() ? (Object) (long) maybe.getAsInt() : null;
            case OptionalLong maybe -> maybe.isPresent() ? (Object) maybe.getAsLong() : null;
            case OptionalDouble maybe -> maybe.isPresent() ? number(maybe.getAsDouble()) : null;
            case Map<?, ?> map -> map(map, depth);
            case Record record -> record(record, depth);
            case TemporalAccessor time -> time.toString();
            case TemporalAmount time -> time.toString();
            case UUID id -> id.toString();
            case URI uri -> uri.toString();
            case Iterable<?> items -> list(items, depth);
            case byte[] bytes -> throw new IllegalStateException("The tool's result contains " + bytes.length
                    + " bytes, and models read text: say in text or numbers what is in them.");
            case Object array when array.getClass().isArray() -> array(array, depth);
            default -> throw new IllegalStateException("The tool's result contains a " + value.getClass().getName()
                    + ", which has no plain form: return text, numbers, boolean, enums, lists, maps or records.");
        };
    }

    private static Number number(Number number) {
        return switch (number) {
            case Byte n -> n.longValue();
            case Short n -> n.longValue();
            case Integer n -> n.longValue();
            case Long n -> n;
            case BigInteger n -> n.bitLength() < Long.SIZE ? (Number) n.longValue() : n;
            // by its spelling: 21.4f is 21.4, not 21.399999618530273
            case Float n -> finite(Double.parseDouble(n.toString()));
            case BigDecimal n -> finite(n);
            case AtomicInteger n -> n.longValue();
            case AtomicLong n -> n.longValue();
            default -> finite(number.doubleValue());
        };
    }

    private static double finite(BigDecimal exact) {
        double value = exact.doubleValue();
        if (!Double.isFinite(value)) {
            throw new IllegalStateException(
                    "The tool's result contains a number of " + ((long) exact.precision() - exact.scale())
                            + " digits, which is too large: return it as text.");
        }
        return value;
    }

    private static double finite(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalStateException("The tool's result contains " + value + ", which is not a number in JSON.");
        }
        return value;
    }

    private static Map<String, @Nullable Object> map(Map<?, ?> map, int depth) throws Exception {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object key = entry.getKey();
            data.put(key instanceof Enum<?> constant ? Shape.Choice.name(constant) : String.valueOf(key),
                    of(entry.getValue(), depth + 1));
        }
        return Collections.unmodifiableMap(data);
    }

    private static Map<String, @Nullable Object> record(Record record, int depth) throws Exception {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Method accessor = component.getAccessor();
            if (!accessor.trySetAccessible()) {
                throw new IllegalStateException("The tool's result contains " + record.getClass().getName()
                        + ", which is not accessible: make it public, or open its package to the module of Millrace.");
            }
            Object value;
            try {
                value = accessor.invoke(record);
            } catch (InvocationTargetException e) {
                throw unwrapped(e);
            }
            Param param = component.getAnnotation(Param.class);
            data.put(param == null || param.name().isEmpty() ? component.getName() : param.name(),
                    of(value, depth + 1));
        }
        return Collections.unmodifiableMap(data);
    }

    private static List<@Nullable Object> list(Iterable<?> items, int depth) throws Exception {
        List<@Nullable Object> data = new ArrayList<>();
        for (Object item : items) {
            data.add(of(item, depth + 1));
        }
        return Collections.unmodifiableList(data);
    }

    private static List<@Nullable Object> array(Object array, int depth) throws Exception {
        List<@Nullable Object> data = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) {
            data.add(of(Array.get(array, i), depth + 1));
        }
        return Collections.unmodifiableList(data);
    }

    /** What was thrown inside; errors are thrown at once. */
    static Exception unwrapped(InvocationTargetException e) {
        Throwable cause = e.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof Exception exception ? exception : e;
    }
}
