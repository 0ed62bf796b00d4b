/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Values that come from JSON or become it: text, {@code Long}, {@code Double}, {@code Boolean}, null, lists and maps. */
final class PlainValues {

    private static final int DEEPEST = 200;

    private PlainValues() {
    }

    /** What is no plain value in it, in words; empty if all is. */
    static Optional<String> problem(@Nullable Object value) {
        return problem(value, "", 0);
    }

    private static Optional<String> problem(@Nullable Object value, String where, int depth) {
        if (depth > DEEPEST) {
            return Optional.of("values that nest deeper than " + DEEPEST + " levels");
        }
        return switch (value) {
            case null -> Optional.empty();
            case String s -> Optional.empty();
            case Boolean b -> Optional.empty();
            case Double d -> Double.isFinite(d)
                    ? Optional.empty()
                    : Optional
                            .of("at " + (where.isEmpty() ? "its top" : where) + " " + d + ", which JSON does not know");
            case Number n -> Optional.empty();
            case List<?> list -> {
                for (int i = 0; i < list.size(); i++) {
                    Optional<String> inner = problem(list.get(i), where + "[" + i + "]", depth + 1);
                    if (inner.isPresent()) {
                        yield inner;
                    }
                }
                yield Optional.empty();
            }
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    if (!(entry.getKey() instanceof String key)) {
                        yield Optional.of("a key that is no text: " + entry.getKey());
                    }
                    Optional<String> inner = problem(entry.getValue(), where.isEmpty() ? key : where + "." + key,
                            depth + 1);
                    if (inner.isPresent()) {
                        yield inner;
                    }
                }
                yield Optional.empty();
            }
            default -> Optional.of("a " + value.getClass().getName() + " at " + (where.isEmpty() ? "its top" : where));
        };
    }
}
