/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Named values in order: the parameters of a method, or the components of a record. */
record Fields(List<Field> all) {

    /**
     * One of them.
     *
     * @param name as the model writes it
     * @param description for the model, may be empty
     * @param optional whether the model may leave it out
     * @param shape what it may be
     */
    record Field(String name, String description, boolean optional, Shape shape) {

        static Field of(String name, @Nullable Param param, Type type, ShapeReader shapes) {
            Shape shape = shapes.read(type);
            boolean optional = shape instanceof Shape.Maybe || (param != null && param.optional());
            return new Field(name, param == null ? "" : param.value(), optional, shape);
        }
    }

    Fields {
        if (all.stream().map(Field::name).distinct().count() < all.size()) {
            throw new IllegalArgumentException("Two parameters have the same name: " + names(all));
        }
        all = List.copyOf(all);
    }

    private static List<String> names(List<Field> fields) {
        return fields.stream().map(Field::name).toList();
    }

    /** A JSON schema of type object. */
    Map<String, @Nullable Object> schema() {
        return schema(Shape::schema);
    }

    /** The same, with all that {@link #read} asks for: no other names, and numbers in the range of their types. */
    Map<String, @Nullable Object> exact() {
        Map<String, @Nullable Object> schema = schema(Shape::exact);
        schema.put("additionalProperties", false);
        return schema;
    }

    private Map<String, @Nullable Object> schema(Function<Shape, Map<String, @Nullable Object>> of) {
        Map<String, @Nullable Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (Field field : all) {
            Map<String, @Nullable Object> property = of.apply(field.shape);
            if (!field.description.isEmpty()) {
                property.put("description", field.description);
            }
            properties.put(field.name, property);
            if (!field.optional) {
                required.add(field.name);
            }
        }
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("required", required);
        return schema;
    }

    /** One Java value a field, in order. A path names where the values belong; empty at the top. */
    @Nullable
    Object[] read(String path, Map<?, ?> given) throws ArgumentException {
        String prefix = path.isEmpty() ? "" : path + ".";
        List<String> names = names(all);
        for (Object name : given.keySet()) {
            if (!names.contains(name)) {
                throw ArgumentException.unknown(prefix + name, names);
            }
        }
        @Nullable
        Object[] values = new Object[all.size()];
        for (int i = 0; i < values.length; i++) {
            Field field = all.get(i);
            Object value = given.get(field.name);
            if (value != null) {
                values[i] = field.shape.read(prefix + field.name, value);
            } else if (field.optional) {
                values[i] = field.shape.absent();
            } else {
                throw ArgumentException.missing(prefix + field.name, field.shape.expected());
            }
        }
        return values;
    }
}
