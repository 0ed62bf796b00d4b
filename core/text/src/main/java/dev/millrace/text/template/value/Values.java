/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import java.util.ArrayList;
import java.util.List;

/** What Python says of single values: their truth, length and elements. */
public final class Values {

    private Values() {
    }

    public static boolean truth(Object value) {
        return switch (value) {
            case Boolean b -> b;
            case MarkedText text -> !text.isEmpty();
            case None none -> false;
            case Undefined missing -> false;
            case Long n -> n != 0;
            case Double d -> d != 0;
            case List<?> list -> !list.isEmpty();
            case Tuple tuple -> !tuple.items().isEmpty();
            case Dict dict -> dict.size() > 0;
            case Lazy.View view -> !view.items().isEmpty();
            case Lazy.Range range -> !range.items().isEmpty();
            default -> true;
        };
    }

    public static MarkedText text(Object value) {
        return switch (value) {
            case MarkedText text -> text;
            case Undefined missing -> throw missing.failure();
            default -> throw TemplateException.of("expected a string, not " + Types.of(value));
        };
    }

    @SuppressWarnings("unchecked") // lists inside a template hold values
    static List<Object> list(List<?> list) {
        return (List<Object>) list;
    }

    /** What a loop over the value sees. */
    public static List<Object> elements(Object value, Budget budget) {
        return switch (value) {
            case List<?> list -> list(list);
            case Tuple tuple -> tuple.items();
            case Dict dict -> {
                budget.elements(dict.size());
                yield dict.keys();
            }
            case Lazy lazy -> lazy.take();
            case Undefined missing -> List.of();
            case MarkedText text -> characters(text.plain(), budget);
            default -> throw TemplateException.of("'" + Types.of(value) + "' object is not iterable");
        };
    }

    private static List<Object> characters(MarkedText text, Budget budget) {
        budget.elements(text.length());
        List<Object> out = new ArrayList<>(text.length());
        String all = text.text();
        for (int i = 0; i < all.length();) {
            int next = i + Character.charCount(all.codePointAt(i));
            out.add(text.slice(i, next));
            i = next;
        }
        return out;
    }

    public static long length(Object value) {
        return switch (value) {
            case MarkedText text -> Characters.length(text.text());
            case List<?> list -> list.size();
            case Tuple tuple -> tuple.items().size();
            case Dict dict -> dict.size();
            case Lazy.View view -> view.items().size();
            case Lazy.Range range -> range.items().size();
            case Undefined missing -> 0;
            case Sized sized -> sized.length();
            default -> throw TemplateException.of("object of type '" + Types.of(value) + "' has no len()");
        };
    }
}
