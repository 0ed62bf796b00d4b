/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import java.util.List;

/**
 * Python's tuple.
 *
 * @param items in order
 */
public record Tuple(List<Object> items) implements Typed {

    public static Tuple of(Object... items) {
        return new Tuple(List.of(items));
    }

    @Override
    public String type() {
        return "tuple";
    }
}
