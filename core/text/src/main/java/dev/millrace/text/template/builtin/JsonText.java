/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.json.Json;
import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes values as Python's {@code json.dumps} does. Characters of data stay inert. */
final class JsonText {

    /**
     * How to write.
     *
     * @param ascii whether other characters are escaped
     * @param indent white space of one level, or null for one line
     * @param between between items
     * @param behindKey between key and value
     * @param sorted whether keys are sorted
     */
    record Style(boolean ascii, @Nullable String indent, String between, String behindKey, boolean sorted) {
    }

    private static final int MAX_DEPTH = 200;

    private final Style style;
    private final Budget budget;
    private final MarkedText.Builder out = new MarkedText.Builder();

    private JsonText(Style style, Budget budget) {
        this.style = style;
        this.budget = budget;
    }

    static MarkedText of(Object value, Style style, Budget budget) {
        JsonText writer = new JsonText(style, budget);
        writer.write(value, 0);
        return writer.out.build();
    }

    private void add(String text) {
        budget.characters(text.length());
        out.append(text);
    }

    private void write(Object value, int depth) {
        budget.step();
        if (depth > MAX_DEPTH) {
            throw TemplateException.of("values are nested deeper than " + MAX_DEPTH);
        }
        switch (value) {
            case None none -> add("null");
            case Boolean b -> add(b ? "true" : "false");
            case Double d -> add(real(d));
            case Number n -> add(n.toString());
            case MarkedText text -> quote(text);
            case List<?> list -> array(list, depth);
            case Tuple tuple -> array(tuple.items(), depth);
            case Dict dict -> object(dict, depth);
            default -> throw TemplateException.of("Object of type " + Types.of(value) + " is not JSON serializable");
        }
    }

    private static String real(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? value < 0 ? "-Infinity" : "Infinity" : Json.number(value);
    }

    private void quote(MarkedText text) {
        budget.characters(text.length() + 2L);
        StringBuilder quoted = new StringBuilder(text.length() + 2);
        Json.quote(text.text(), quoted);
        if (style.ascii()) {
            StringBuilder ascii = new StringBuilder(quoted.length());
            for (int i = 0; i < quoted.length(); i++) {
                char c = quoted.charAt(i);
                if (c < 0x7F) {
                    ascii.append(c);
                } else {
                    ascii.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                }
            }
            quoted = ascii;
        }
        budget.characters(quoted.length());
        out.append(quoted.toString(), text);
    }

    private void line(int depth) {
        String indent = style.indent();
        if (indent != null) {
            budget.characters((long) indent.length() * depth + 1);
            out.append("\n" + indent.repeat(depth));
        }
    }

    private void array(List<?> items, int depth) {
        if (items.isEmpty()) {
            add("[]");
            return;
        }
        add("[");
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                add(style.between());
            }
            line(depth + 1);
            write(items.get(i), depth + 1);
        }
        line(depth);
        add("]");
    }

    private void object(Dict dict, int depth) {
        if (dict.size() == 0) {
            add("{}");
            return;
        }
        add("{");
        List<Object> keys = dict.keys();
        if (style.sorted()) {
            keys.sort(Comparator.comparing((Object key) -> key(key), (a, b) -> Characters.compare(a.text(), b.text())));
        }
        String separator = "";
        for (Object key : keys) {
            add(separator);
            line(depth + 1);
            quote(key(key));
            add(style.behindKey());
            Object value = dict.get(key);
            write(value == null ? None.NONE : value, depth + 1);
            separator = style.between();
        }
        line(depth);
        add("}");
    }

    private static MarkedText key(Object key) {
        return switch (key) {
            case MarkedText text -> text;
            case None none -> MarkedText.trusted("null");
            case Boolean b -> MarkedText.trusted(b ? "true" : "false");
            case Double d -> MarkedText.trusted(real(d));
            case Number n -> MarkedText.trusted(n.toString());
            default -> throw TemplateException
                    .of("keys must be str, int, float, bool or None, not " + Types.of(key));
        };
    }
}
