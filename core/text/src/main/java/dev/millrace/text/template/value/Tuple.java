/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Python's tuple.
 *
 * @param items in order
 * @param names those of the items, if they have any: then there are as many
 */
public record Tuple(List<Object> items, List<String> names) implements Typed {

    public Tuple(List<Object> items) {
        this(items, List.of());
    }

    public static Tuple of(Object... items) {
        return new Tuple(List.of(items));
    }

    @Override
    public String type() {
        return "tuple";
    }

    /** The item of this name. */
    public @Nullable Object named(String name) {
        int at = names.indexOf(name);
        return at < 0 ? null : items.get(at);
    }
}
