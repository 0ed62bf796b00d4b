/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds the shape of a Java type. For the parameters of one method, or one type of values; for one thread. */
final class ShapeReader {

    private static final Set<Class<?>> WHOLE = Set.of(byte.class, Byte.class, short.class, Short.class, int.class,
            Integer.class, long.class, Long.class, BigInteger.class);
    private static final Set<Class<?>> REAL = Set.of(float.class, Float.class, double.class, Double.class,
            BigDecimal.class, Number.class);
    private static final Set<Class<?>> SEQUENCES = Set.of(Iterable.class, Collection.class, List.class, Set.class);

    private final String where;
    private final String what;
    private final Deque<Class<?>> open = new ArrayDeque<>();

    /** A reader whose messages say where the types stand, and what each of them should be. */
    ShapeReader(String where, String what) {
        this.where = where;
        this.what = what;
    }

    /** The shape of a type. */
    Shape read(Type type) {
        return switch (type) {
            case Class<?> plain -> read(plain, Object.class);
            case ParameterizedType generic -> {
                Type[] arguments = generic.getActualTypeArguments();
                if (generic.getRawType() == Map.class && arguments[0] != String.class) {
                    throw unsupported(type, "the keys of a Map must be String");
                }
                yield read((Class<?>) generic.getRawType(), arguments[arguments.length - 1]);
            }
            case WildcardType wildcard -> read(wildcard.getUpperBounds()[0]);
            default -> throw unsupported(type, "its items have no plain type");
        };
    }

    /** The shape of a class; the last argument of its type is that of its items, if it has any. */
    private Shape read(Class<?> type, Type item) {
        if (type == Object.class) {
            return new Shape.Anything();
        } else if (type == String.class || type == CharSequence.class) {
            return new Shape.Text();
        } else if (type == boolean.class || type == Boolean.class) {
            return new Shape.Truth(type);
        } else if (WHOLE.contains(type)) {
            return new Shape.Whole(type);
        } else if (REAL.contains(type)) {
            return new Shape.Real(type);
        } else if (type.isEnum()) {
            return choice(type);
        } else if (type.isArray()) {
            return new Shape.Sequence(type, read(type.getComponentType()));
        } else if (SEQUENCES.contains(type)) {
            return new Shape.Sequence(type, read(item));
        } else if (type == Map.class) {
            return new Shape.Mapping(read(item));
        } else if (type == Optional.class) {
            return new Shape.Maybe(read(item));
        } else if (type.isRecord()) {
            return structure(type);
        }
        throw unsupported(type,
                "use text, numbers, boolean, enums, lists, arrays, records, Map<String, T> or Optional");
    }

    private Shape choice(Class<?> type) {
        List<Enum<?>> constants = Stream.of(type.getEnumConstants()).<Enum<?>>map(c -> (Enum<?>) c).toList();
        if (constants.stream().map(Shape.Choice::name).distinct().count() < constants.size()) {
            throw unsupported(type, "two of its constants differ in case only");
        }
        return new Shape.Choice(constants);
    }

    private Shape structure(Class<?> type) {
        if (open.contains(type)) {
            throw unsupported(type, "it contains itself");
        }
        open.push(type);
        try {
            RecordComponent[] components = type.getRecordComponents();
            List<Fields.Field> fields = new ArrayList<>();
            for (RecordComponent component : components) {
                Param param = component.getAnnotation(Param.class);
                String name = param == null || param.name().isEmpty() ? component.getName() : param.name();
                fields.add(Fields.Field.of(name, param, component.getGenericType(), this));
            }
            Constructor<?> constructor = type
                    .getDeclaredConstructor(Stream.of(components).map(RecordComponent::getType).toArray(Class[]::new));
            if (!constructor.trySetAccessible()) {
                throw unsupported(type, "its constructor is not accessible: make it public, or open its package to the"
                        + " module of Millrace");
            }
            return new Shape.Structure(new Fields(fields), constructor);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("The record " + type + " has no canonical constructor.", e);
        } finally {
            open.pop();
        }
    }

    private IllegalArgumentException unsupported(Type type, String why) {
        return new IllegalArgumentException(
                where + ": the type " + type.getTypeName() + " is not " + what + ": " + why + ".");
    }
}
