/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object of a JSON file with the path to it, so that an error can name the key.
 *
 * @param path where it stands in the file
 * @param map its values
 */
record JsonObject(String path, Map<?, ?> map) {

    static JsonObject of(String path, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return new JsonObject(path, map);
        }
        throw wrong(path, "an object", value);
    }

    boolean has(String key) {
        return map.get(key) != null;
    }

    String key(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    MillraceException wrong(String key, String expected) {
        return wrong(key(key), expected, map.get(key));
    }

    static MillraceException wrong(String path, String expected, @Nullable Object found) {
        String what = switch (found) {
            case null -> "nothing";
            case Map<?, ?> map -> "an object";
            case List<?> list -> "a list";
            case String text when text.length() > 80 -> "\"" + text.substring(0, 80) + "…\"";
            case String text -> "\"" + text + "\"";
            default -> found.toString();
        };
        return new MillraceException(path + ": Expected " + expected + ", found " + what + ".");
    }

    JsonObject object(String key) {
        return of(key(key), map.get(key));
    }

    List<JsonObject> objects(String key) {
        List<?> list = list(key);
        List<JsonObject> objects = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            objects.add(of(key(key) + "[" + i + "]", list.get(i)));
        }
        return objects;
    }

    List<?> list(String key) {
        if (map.get(key) instanceof List<?> list) {
            return list;
        }
        throw wrong(key, "a list");
    }

    String string(String key) {
        if (map.get(key) instanceof String text) {
            return text;
        }
        throw wrong(key, "a string");
    }

    String string(String key, String otherwise) {
        return has(key) ? string(key) : otherwise;
    }

    boolean flag(String key, boolean otherwise) {
        Object value = map.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(key, "true or false");
    }

    int number(String key, int least, int most) {
        return number(key(key), map.get(key), least, most);
    }

    static int number(String path, @Nullable Object value, int least, int most) {
        if (value instanceof Long number && number >= least && number <= most) {
            return number.intValue();
        }
        throw wrong(path, "a whole number from " + least + " to " + most, value);
    }
}
