/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The schema that {@link PlainData} of a record fits. What is no primitive may be null, since Java does not say what may. For one
 * method; for one thread.
 */
final class ResultSchema {

    private static final Set<Class<?>> WHOLE = Set.of(byte.class, Byte.class, short.class, Short.class, int.class,
            Integer.class, long.class, Long.class, BigInteger.class, OptionalInt.class, OptionalLong.class);

    /** Records that are being read: one that contains itself is not followed for ever. */
    private final Deque<Class<?>> open = new ArrayDeque<>();

    private ResultSchema() {
    }

    /** Of what a method returns; empty if that is no record. */
    static Map<String, @Nullable Object> of(Class<?> type) {
        return type.isRecord() ? new ResultSchema().structure(type) : Map.of();
    }

    private Map<String, @Nullable Object> structure(Class<?> record) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        open.push(record);
        for (RecordComponent component : record.getRecordComponents()) {
            Param param = component.getAnnotation(Param.class);
            Map<String, @Nullable Object> property = value(component.getGenericType());
            if (param != null && !param.value().isEmpty()) {
                property.put("description", param.value());
            }
            properties.put(param == null || param.name().isEmpty() ? component.getName() : param.name(), property);
        }
        open.pop();
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("required", List.copyOf(properties.keySet()));
        return schema;
    }

    /** Of a type, primitive or not; a new map. */
    private Map<String, @Nullable Object> value(Type type) {
        Class<?> plain = raw(type);
        if (plain.isPrimitive() && plain != char.class) {
            return type(plain == boolean.class ? "boolean" : WHOLE.contains(plain) ? "integer" : "number", false);
        }
        if (WHOLE.contains(plain)) {
            return type("integer", true);
        } else if (Number.class.isAssignableFrom(plain) || plain == OptionalDouble.class) {
            return type("number", true);
        } else if (plain == Boolean.class) {
            return type("boolean", true);
        } else if (isText(plain)) {
            return type("string", plain != char.class);
        } else if (plain.isEnum()) {
            return choice(plain);
        } else if (plain == Optional.class) {
            return value(argument(type));
        } else if (plain.isRecord()) {
            Map<String, @Nullable Object> schema = open.contains(plain) ? new LinkedHashMap<>() : structure(plain);
            schema.put("type", List.of("object", "null"));
            return schema;
        } else if (Map.class.isAssignableFrom(plain)) {
            Map<String, @Nullable Object> schema = type("object", true);
            schema.put("additionalProperties", value(argument(type)));
            return schema;
        } else if (Iterable.class.isAssignableFrom(plain) || plain.isArray()) {
            Map<String, @Nullable Object> schema = type("array", true);
            schema.put("items", value(plain.isArray() ? plain.getComponentType() : argument(type)));
            return schema;
        }
        return new LinkedHashMap<>();
    }

    private static boolean isText(Class<?> type) {
        return CharSequence.class.isAssignableFrom(type) || type == char.class || type == Character.class
                || TemporalAccessor.class.isAssignableFrom(type) || TemporalAmount.class.isAssignableFrom(type)
                || type == UUID.class || type == URI.class;
    }

    private static Map<String, @Nullable Object> choice(Class<?> type) {
        Map<String, @Nullable Object> schema = type("string", true);
        List<@Nullable Object> names = new ArrayList<>();
        for (Object constant : type.getEnumConstants()) {
            names.add(Shape.Choice.name((Enum<?>) constant));
        }
        names.add(null);
        schema.put("enum", names);
        return schema;
    }

    private static Map<String, @Nullable Object> type(String name, boolean orNull) {
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", orNull ? List.of(name, "null") : name);
        return schema;
    }

    private static Class<?> raw(Type type) {
        return switch (type) {
            case Class<?> plain -> plain;
            case ParameterizedType generic -> (Class<?>) generic.getRawType();
            default -> Object.class;
        };
    }

    /** What is inside: the last argument of a type. */
    private static Type argument(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            return arguments[arguments.length - 1];
        }
        return Object.class;
    }
}
