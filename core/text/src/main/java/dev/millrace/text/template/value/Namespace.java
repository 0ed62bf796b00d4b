/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code namespace} gives: the one thing that a template may change from an inner scope. */
public final class Namespace implements Attributed {

    private final Map<String, Object> fields = new LinkedHashMap<>();

    @Override
    public String type() {
        return "Namespace";
    }

    @Override
    public @Nullable Object attribute(String name) {
        return fields.get(name);
    }

    Dict fields() {
        Dict dict = new Dict();
        fields.forEach((name, value) -> dict.put(MarkedText.trusted(name), value));
        return dict;
    }

    public void set(String name, Object value) {
        fields.put(name, value);
    }
}
