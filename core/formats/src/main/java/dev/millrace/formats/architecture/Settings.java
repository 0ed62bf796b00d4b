/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.api.ModelFormatException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a file says under its keys, asked for by type and range. A key may have had several names: the first that is present
 * and not null counts.
 */
public final class Settings {

    private final Path path;
    private final String where;
    private final Map<?, ?> values;

    /**
     * Settings of a file.
     *
     * @param path the file or folder, for messages
     * @param where put before keys in messages, for example the name of a file inside the folder and a colon
     * @param values key to {@code Long}, {@code Double}, {@code Boolean}, {@code String}, {@code List} or {@code Map}
     */
    public Settings(Path path, String where, Map<?, ?> values) {
        this.path = path;
        this.where = where;
        this.values = values;
    }

    /**
     * Whether a key has a value.
     *
     * @param key its name
     * @return false also for null
     */
    public boolean has(String key) {
        return values.get(key) != null;
    }

    /**
     * The value, whatever it is.
     *
     * @param keys its names
     * @return null if there is none
     */
    public @Nullable Object find(String... keys) {
        for (String key : keys) {
            Object value = values.get(key);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /**
     * A whole number that must be there.
     *
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys its names
     * @return the number
     */
    public int integer(int min, int max, String... keys) {
        return integer(keys[0], required(keys), min, max);
    }

    /**
     * A whole number that may be missing.
     *
     * @param otherwise its value then
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys its names
     * @return the number
     */
    public int integerOr(int otherwise, int min, int max, String... keys) {
        Object value = find(keys);
        return value == null ? otherwise : integer(keys[0], value, min, max);
    }

    /**
     * One whole number for each layer, given as a list, or once for all.
     *
     * @param layers how many
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys their names
     * @return the numbers
     */
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

    /**
     * A positive number that must be there.
     *
     * @param keys its names
     * @return a finite float, more than 0
     */
    public float positive(String... keys) {
        return positive(keys[0], required(keys));
    }

    /**
     * A positive number that may be missing.
     *
     * @param otherwise its value then
     * @param keys its names
     * @return a finite float, more than 0
     */
    public float positiveOr(float otherwise, String... keys) {
        Object value = find(keys);
        return value == null ? otherwise : positive(keys[0], value);
    }

    private float positive(String key, Object value) {
        float number = value instanceof Number n ? n.floatValue() : Float.NaN;
        if (!(number > 0) || Float.isInfinite(number)) {
            throw wrong(key, "is " + shown(value) + ", expected a number larger than 0");
        }
        return number;
    }

    /**
     * A number that may be missing.
     *
     * @param otherwise its value then
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys its names
     * @return the number
     */
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

    /**
     * A truth value that may be missing.
     *
     * @param otherwise its value then
     * @param keys its names
     * @return the value
     */
    public boolean flagOr(boolean otherwise, String... keys) {
        Object value = find(keys);
        if (value == null || value instanceof Boolean) {
            return value == null ? otherwise : (Boolean) value;
        }
        throw wrong(keys[0], "is " + shown(value) + ", expected true or false");
    }

    /**
     * A text that may be missing.
     *
     * @param keys its names
     * @return the text, or empty
     */
    public Optional<String> text(String... keys) {
        Object value = find(keys);
        if (value == null || value instanceof String) {
            return Optional.ofNullable((String) value);
        }
        throw wrong(keys[0], "is " + shown(value) + ", expected a text");
    }

    /**
     * A list that may be missing.
     *
     * @param keys its names
     * @return the list, empty if there is none
     */
    public List<?> list(String... keys) {
        Object value = find(keys);
        if (value == null || value instanceof List) {
            return value == null ? List.of() : (List<?>) value;
        }
        throw wrong(keys[0], "is " + shown(value) + ", expected a list");
    }

    /**
     * A group of settings inside these.
     *
     * @param key its name
     * @return the group, empty if there is none
     */
    public Settings group(String key) {
        Object value = find(key);
        if (value == null || value instanceof Map) {
            return new Settings(path, where + key + ".", value == null ? Map.of() : (Map<?, ?>) value);
        }
        throw wrong(key, "is " + shown(value) + ", expected an object");
    }

    /**
     * Refuses a setting that a blueprint cannot express.
     *
     * @param harmless its value if it is not in use
     * @param keys its names
     */
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
        if (value instanceof Long n && n >= min && n <= max) {
            return n.intValue();
        }
        throw wrong(key, "is " + shown(value) + ", expected a whole number from " + min + " to " + max);
    }

    /**
     * A wrong setting.
     *
     * @param key its name
     * @param problem what is wrong
     * @return to be thrown
     */
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
