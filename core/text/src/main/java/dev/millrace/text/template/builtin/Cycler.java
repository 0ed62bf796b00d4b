/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Attributed;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.None;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code cycler} gives: values in turn. */
final class Cycler implements Attributed {

    private final List<Object> values;
    private int at;

    Cycler(List<Object> values) {
        if (values.isEmpty()) {
            throw TemplateException.of("at least one item has to be provided");
        }
        this.values = values;
    }

    @Override
    public String type() {
        return "Cycler";
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "current" -> values.get(at);
            case "next" -> new Callable.Function("method", (run, value, arguments) -> next(), this);
            case "reset" -> new Callable.Function("method", (run, value, arguments) -> {
                at = 0;
                return None.NONE;
            }, this);
            default -> null;
        };
    }

    private Object next() {
        Object value = values.get(at);
        at = (at + 1) % values.size();
        return value;
    }
}
