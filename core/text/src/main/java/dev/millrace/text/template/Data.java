/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes plain data from outside into a template. What comes as a string is inert. */
final class Data {

    private static final int MAX_DEPTH = 150;

    private Data() {
    }

    static Object value(@Nullable Object outside) {
        return value(outside, 0);
    }

    private static Object value(@Nullable Object outside, int depth) {
        if (depth > MAX_DEPTH) {
            throw TemplateException.of("its data is nested deeper than " + MAX_DEPTH);
        }
        return switch (outside) {
            case null -> None.NONE;
            case MarkedText text -> text;
            case CharSequence text -> MarkedText.inert(text.toString());
            case Boolean b -> b;
            case Long n -> n;
            case Integer n -> n.longValue();
            case Short n -> n.longValue();
            case Byte n -> n.longValue();
            case BigInteger n -> Numbers.shortest(n);
            case Double d -> d;
            case Float f -> Double.parseDouble(f.toString());
            case Map<?, ?> map -> {
                Dict dict = new Dict();
                map.forEach((key, value) -> dict.put(value(key, depth + 1), value(value, depth + 1)));
                yield dict;
            }
            case Iterable<?> items -> {
                List<Object> list = new ArrayList<>();
                items.forEach(item -> list.add(value(item, depth + 1)));
                yield list;
            }
            default -> throw TemplateException
                    .of("its data has a " + outside.getClass().getName() + ", which is not plain data");
        };
    }
}
