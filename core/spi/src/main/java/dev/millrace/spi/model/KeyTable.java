/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import dev.millrace.api.ModelFormatException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a file says under its keys, as maps and lists have it. A format makes one of what it has read, and hands it to an
 * {@link Architecture}. Immutable as long as the maps and lists in it are; for any thread.
 */
public final class KeyTable implements Keys {

    private final Path path;
    private final String where;
    private final Map<?, ?> values;
    private final Form form;
    private final String architecture;

    /**
     * The keys of a file.
     *
     * @param path the file or folder, for messages
     * @param where put before keys in messages, for example the name of a file inside the folder and a colon
     * @param values key to {@code Long}, {@code Double}, {@code Boolean}, {@code String}, {@code List} or {@code Map}
     */
    public KeyTable(Path path, String where, Map<?, ?> values) {
        this(path, where, values, Form.HUGGING_FACE, "");
    }

    /**
     * The keys of a model.
     *
     * @param path the file or folder, for messages
     * @param where put before keys in messages
     * @param values key to value
     * @param form where the keys have their names from
     * @param architecture the family's name in the file
     */
    public KeyTable(Path path, String where, Map<?, ?> values, Form form, String architecture) {
        this.path = path;
        this.where = where;
        this.values = values;
        this.form = form;
        this.architecture = architecture;
    }

    @Override
    public Form form() {
        return form;
    }

    @Override
    public String architecture() {
        return architecture;
    }

    @Override
    public boolean has(String key) {
        return values.get(key) != null;
    }

    @Override
    public @Nullable Object find(String... keys) {
        for (String key : keys) {
            Object value = values.get(key);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    @Override
    public int integer(int min, int max, String... keys) {
        return integer(keys[0], required(keys), min, max);
    }

    @Override
    public int integerOr(int otherwise, int min, int max, String... keys) {
        Object value = find(keys);
        return value == null ? otherwise : integer(keys[0], value, min, max);
    }

    @Override
    public int[] integers(int layers, int min, int max, String... keys) {
        Object value = required(keys);
        int[] numbers = new int[layers];
        if (!(value instanceof List<?> list)) {
            Arrays.fill(numbers, integer(keys[0], value, min, max));
            return numbers;
        }
        if (list.size() != layers) {
            throw wrong(keys[0], "has " + list.size() + " values, expected one for each of " + layers + " layers");
        }
        for (int i = 0; i < layers; i++) {
            numbers[i] = integer(keys[0], list.get(i), min, max);
        }
        return numbers;
    }

    @Override
    public float positive(String... keys) {
        return positive(keys[0], required(keys));
    }

    @Override
    public float positiveOr(float otherwise, String... keys) {
        Object value = find(keys);
        return value == null ? otherwise : positive(keys[0], value);
    }

    private float positive(String key, @Nullable Object value) {
        float number = value instanceof Number n ? n.floatValue() : Float.NaN;
        if (!(number > 0) || Float.isInfinite(number)) {
            throw wrong(key, "is " + shown(value) + ", expected a number larger than 0");
        }
        return number;
    }

    @Override
    public double numberOr(double otherwise, double min, double max, String... keys) {
        Object value = find(keys);
        if (value == null) {
            return otherwise;
        }
        double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
        if (!(number >= min && number <= max)) {
            throw wrong(keys[0], "is " + shown(value) + ", expected a number from " + min + " to " + max);
        }
        return number;
    }

    @Override
    public List<Float> numbers(int count, String... keys) {
        if (!(required(keys) instanceof List<?> list) || list.size() != count) {
            throw wrong(keys[0], "is " + shown(find(keys)) + ", expected a list of " + count + " numbers");
        }
        List<Float> numbers = new ArrayList<>();
        for (Object value : list) {
            numbers.add(positive(keys[0], value));
        }
        return List.copyOf(numbers);
    }

    @Override
    public boolean flagOr(boolean otherwise, String... keys) {
        Object value = find(keys);
        if (value == null || value instanceof Boolean) {
            return value == null ? otherwise : (Boolean) value;
        }
        throw wrong(keys[0], "is " + shown(value) + ", expected true or false");
    }

    @Override
    public Optional<String> text(String... keys) {
        Object value = find(keys);
        if (value == null || value instanceof String) {
            return Optional.ofNullable((String) value);
        }
        throw wrong(keys[0], "is " + shown(value) + ", expected a text");
    }

    @Override
    public List<?> list(String... keys) {
        Object value = find(keys);
        if (value == null || value instanceof List) {
            return value == null ? List.of() : (List<?>) value;
        }
        throw wrong(keys[0], "is " + shown(value) + ", expected a list");
    }

    @Override
    public KeyTable group(String key) {
        Object value = find(key);
        if (value == null || value instanceof Map) {
            return new KeyTable(path, where + key + ".", value == null ? Map.of() : (Map<?, ?>) value, form,
                    architecture);
        }
        throw wrong(key, "is " + shown(value) + ", expected an object");
    }

    @Override
    public KeyTable otherwise(Map<String, ?> more) {
        Map<Object, Object> all = new HashMap<>(more);
        values.forEach((key, value) -> {
            if (value != null) {
                all.put(key, value);
            }
        });
        return new KeyTable(path, where, all, form, architecture);
    }

    @Override
    public void refuse(Object harmless, String... keys) {
        Object value = find(keys);
        boolean fine = value == null || value.equals(harmless) || (value instanceof Number a
                && harmless instanceof Number b && a.doubleValue() == b.doubleValue());
        if (!fine) {
            throw wrong(keys[0], "is " + shown(value) + ", which is not supported; expected " + harmless
                    + " or nothing");
        }
    }

    private Object required(String... keys) {
        Object value = find(keys);
        if (value == null) {
            throw wrong(String.join(" or ", keys), "is missing");
        }
        return value;
    }

    private int integer(String key, @Nullable Object value, int min, int max) {
        // some programs write every number with a point
        if (value instanceof Number n && !(value instanceof BigInteger) && n.doubleValue() == n.longValue()
                && n.longValue() >= min && n.longValue() <= max) {
            return n.intValue();
        }
        throw wrong(key, "is " + shown(value) + ", expected a whole number from " + min + " to " + max);
    }

    @Override
    public ModelFormatException wrong(String key, String problem) {
        return new ModelFormatException(path, where + key, problem);
    }

    private static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case List<?> list -> "a list of " + list.size();
            case Map<?, ?> map -> "an object of " + map.size();
            case String s -> '"' + (s.length() > 40 ? s.substring(0, 40) + "..." : s) + '"';
            default -> String.valueOf(value);
        };
    }
}
