/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Keys;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys of a model that is in no file. */
final class MadeUpKeys implements Keys {

    static final Path FILE = Path.of("tck-model");

    private final Form form;
    private final String architecture;
    private final Map<String, ?> values;
    private final String where;

    MadeUpKeys(Form form, String architecture, Map<String, ?> values) {
        this(form, architecture, values, "");
    }

    private MadeUpKeys(Form form, String architecture, Map<String, ?> values, String where) {
        this.form = form;
        this.architecture = architecture;
        this.values = values;
        this.where = where;
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
            if (values.get(key) != null) {
                return values.get(key);
            }
        }
        return null;
    }

    private Object required(String... keys) {
        Object value = find(keys);
        if (value == null) {
            throw wrong(String.join(" or ", keys), "is missing");
        }
        return value;
    }

    private int integer(String key, @Nullable Object value, int min, int max) {
        if (value instanceof Number n && !(value instanceof BigInteger) && n.doubleValue() == n.longValue()
                && n.longValue() >= min && n.longValue() <= max) {
            return n.intValue();
        }
        throw wrong(key, "is " + value + ", expected a whole number from " + min + " to " + max);
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
        Arrays.setAll(numbers, i -> integer(keys[0], list.get(i), min, max));
        return numbers;
    }

    private float positive(String key, @Nullable Object value) {
        float number = value instanceof Number n ? n.floatValue() : Float.NaN;
        if (!(number > 0) || Float.isInfinite(number)) {
            throw wrong(key, "is " + value + ", expected a number larger than 0");
        }
        return number;
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

    @Override
    public double numberOr(double otherwise, double min, double max, String... keys) {
        Object value = find(keys);
        if (value == null) {
            return otherwise;
        }
        double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
        if (!(number >= min && number <= max)) {
            throw wrong(keys[0], "is " + value + ", expected a number from " + min + " to " + max);
        }
        return number;
    }

    @Override
    public List<Float> numbers(int count, String... keys) {
        if (!(required(keys) instanceof List<?> list) || list.size() != count) {
            throw wrong(keys[0], "is " + find(keys) + ", expected a list of " + count + " numbers");
        }
        List<Float> numbers = new ArrayList<>();
        list.forEach(value -> numbers.add(positive(keys[0], value)));
        return List.copyOf(numbers);
    }

    private <T> Optional<T> typed(Class<T> type, String expected, String... keys) {
        Object value = find(keys);
        if (value != null && !type.isInstance(value)) {
            throw wrong(keys[0], "is " + value + ", expected " + expected);
        }
        return Optional.ofNullable(type.cast(value));
    }

    @Override
    public boolean flagOr(boolean otherwise, String... keys) {
        return typed(Boolean.class, "true or false", keys).orElse(otherwise);
    }

    @Override
    public Optional<String> text(String... keys) {
        return typed(String.class, "a text", keys);
    }

    @Override
    public List<?> list(String... keys) {
        return typed(List.class, "a list", keys).orElse(List.of());
    }

    @Override
    @SuppressWarnings("unchecked") // keys of groups are texts, too
    public Keys group(String key) {
        Map<String, ?> inner = typed(Map.class, "an object", key).orElse(Map.of());
        return new MadeUpKeys(form, architecture, inner, where + key + ".");
    }

    @Override
    public Keys otherwise(Map<String, ?> more) {
        Map<String, Object> all = new HashMap<>(more);
        values.forEach((key, value) -> {
            if (value != null) {
                all.put(key, value);
            }
        });
        return new MadeUpKeys(form, architecture, all, where);
    }

    @Override
    public void refuse(Object harmless, String... keys) {
        Object value = find(keys);
        boolean fine = value == null || value.equals(harmless) || (value instanceof Number a
                && harmless instanceof Number b && a.doubleValue() == b.doubleValue());
        if (!fine) {
            throw wrong(keys[0], "is " + value + ", which is not supported; expected " + harmless + " or nothing");
        }
    }

    @Override
    public ModelFormatException wrong(String key, String problem) {
        return new ModelFormatException(FILE, where + key, problem);
    }
}
