/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.operator;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.string.TextMethods;
import dev.millrace.text.template.value.Attributed;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Lazy;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Undefined;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stands behind a dot or in brackets. */
public final class Subscripts {

    private Subscripts() {
    }

    /** {@code of.name}: a method or attribute, else an item. */
    public static Object attribute(Object of, String name) {
        Object found = member(of, name);
        if (found == null && of instanceof Dict dict) {
            found = dict.get(name);
        }
        return found == null ? Undefined.attribute(of, name) : found;
    }

    /** {@code of[key]}: an item, else a method or attribute. */
    public static Object item(Object of, Object key, Budget budget) {
        Object found = null;
        switch (of) {
            case Undefined missing -> throw missing.failure();
            case Dict dict -> found = isKey(key) ? dict.get(key) : null;
            case MarkedText text when Numbers.isInteger(key) -> found = character(text, Numbers.index(key), budget);
            case List<?> list when Numbers.isInteger(key) -> found = at(list, Numbers.index(key));
            case Tuple tuple when Numbers.isInteger(key) -> found = at(tuple.items(), Numbers.index(key));
            case Lazy.Range range when Numbers.isInteger(key) -> found = at(range.items(), Numbers.index(key));
            default -> {
                // nothing to index: only attributes are left
            }
        }
        if (found == null && key instanceof MarkedText name) {
            found = member(of, name.text());
        }
        return found == null ? Undefined.element(of, key) : found;
    }

    private static boolean isKey(Object key) {
        return key instanceof MarkedText || Numbers.isNumber(key) || key == None.NONE || key instanceof Tuple;
    }

    /** What Python's {@code getattr} gives: never an item. */
    public static @Nullable Object member(Object of, String name) {
        if (of instanceof Undefined missing) {
            throw missing.failure();
        }
        if (name.startsWith("__") && name.endsWith("__")) {
            return Undefined.unsafe(of, name);
        }
        return switch (of) {
            case MarkedText text -> TextMethods.find(of, name);
            case Dict dict -> CollectionMethods.find(of, name);
            case List<?> list -> CollectionMethods.find(of, name);
            case Tuple tuple -> {
                Object item = tuple.named(name);
                yield item == null ? CollectionMethods.find(of, name) : item;
            }
            case Attributed thing -> thing.attribute(name);
            default -> null;
        };
    }

    private static @Nullable Object at(List<?> list, int index) {
        int i = index < 0 ? index + list.size() : index;
        return i >= 0 && i < list.size() ? list.get(i) : null;
    }

    private static @Nullable Object character(MarkedText text, int index, Budget budget) {
        String all = text.text();
        budget.search(all.length(), 1);
        int points = Characters.length(all);
        int i = index < 0 ? index + points : index;
        if (i < 0 || i >= points) {
            return null;
        }
        int from = points == all.length() ? i : all.offsetByCodePoints(0, i);
        return text.slice(from, from + Character.charCount(all.codePointAt(from)));
    }
}
