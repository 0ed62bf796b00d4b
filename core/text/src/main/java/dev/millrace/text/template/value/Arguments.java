/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Arguments of a call, evaluated.
 *
 * @param positional in order
 * @param named by keyword
 */
public record Arguments(List<Object> positional, Map<String, Object> named) {

    public static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(Object... positional) {
        return new Arguments(List.of(positional), Map.of());
    }

    /** Checks that there are no others than these, named in their order. */
    public Arguments only(String... names) {
        if (positional.size() > names.length) {
            throw TemplateException.of("expected at most " + names.length + " arguments, got " + positional.size());
        }
        for (String name : named.keySet()) {
            int index = List.of(names).indexOf(name);
            if (index < 0) {
                throw TemplateException.of("got an unexpected keyword argument '" + name + "'");
            }
            if (index < positional.size()) {
                throw TemplateException.of("got multiple values for argument '" + name + "'");
            }
        }
        return this;
    }

    @Nullable
    public Object find(int index, String name) {
        return index < positional.size() ? positional.get(index) : named.get(name);
    }

    public Object get(int index, String name, Object preset) {
        Object found = find(index, name);
        return found == null ? preset : found;
    }

    public Object need(int index, String name) {
        Object found = find(index, name);
        if (found == null) {
            throw TemplateException.of("missing a required argument: '" + name + "'");
        }
        return found;
    }

    public MarkedText text(int index, String name) {
        return Values.text(need(index, name));
    }

    public MarkedText text(int index, String name, String preset) {
        Object found = find(index, name);
        return found == null ? MarkedText.trusted(preset) : Values.text(found);
    }

    public int integer(int index, String name, int preset) {
        Object found = find(index, name);
        return found == null || found == None.NONE ? preset : Numbers.index(found);
    }

    public boolean flag(int index, String name, boolean preset) {
        Object found = find(index, name);
        return found == null ? preset : Values.truth(found);
    }

    /** All but the first positional arguments. */
    public Arguments from(int index) {
        return new Arguments(positional.subList(Math.min(index, positional.size()), positional.size()), named);
    }
}
