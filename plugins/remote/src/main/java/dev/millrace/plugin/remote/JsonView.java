/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A look at JSON that somebody else wrote: what is missing, null or of another type is simply not there.
 *
 * @param value what is looked at; null if nothing is there
 */
record JsonView(@Nullable Object value) {

    /**
     * Reads JSON.
     *
     * @throws JsonException if it is none
     */
    static JsonView parse(String text) {
        return new JsonView(Json.parseFile(text));
    }

    JsonView at(String name) {
        return new JsonView(value instanceof Map<?, ?> map ? map.get(name) : null);
    }

    boolean isThere() {
        return value != null;
    }

    List<JsonView> items() {
        return value instanceof List<?> list ? list.stream().map(JsonView::new).toList() : List.of();
    }

    /** A text that is not empty. */
    Optional<String> text() {
        return value instanceof String text && !text.isEmpty() ? Optional.of(text) : Optional.empty();
    }

    OptionalDouble decimal() {
        return value instanceof Number number ? OptionalDouble.of(number.doubleValue()) : OptionalDouble.empty();
    }

    OptionalLong count() {
        return value instanceof Number number && number.longValue() >= 0
                ? OptionalLong.of(number.longValue())
                : OptionalLong.empty();
    }

    OptionalInt number() {
        return value instanceof Number number && number.longValue() >= 0 && number.longValue() <= Integer.MAX_VALUE
                ? OptionalInt.of(number.intValue())
                : OptionalInt.empty();
    }
}
