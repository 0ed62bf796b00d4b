/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import java.util.List;

/** Writes values as Python's {@code str} and {@code repr} do. */
public final class Printer {

    private static final int MAX_DEPTH = 200;

    private final Budget budget;
    private final MarkedText.Builder out = new MarkedText.Builder();

    private Printer(Budget budget) {
        this.budget = budget;
    }

    /** {@code str(value)}. */
    public static MarkedText text(Object value, Budget budget) {
        return switch (value) {
            case MarkedText text -> text;
            case Undefined missing -> MarkedText.EMPTY;
            default -> repr(value, budget);
        };
    }

    /** {@code repr(value)}. */
    public static MarkedText repr(Object value, Budget budget) {
        Printer printer = new Printer(budget);
        printer.write(value, 0);
        return printer.out.build();
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
            case None none -> add("None");
            case Boolean b -> add(b ? "True" : "False");
            case Double d -> add(Numbers.repr(d));
            case Number n -> add(n.toString());
            case MarkedText text -> {
                budget.characters(text.length() + 2L);
                String quoted = Characters.quoted(text.text());
                String shown = text.isMarkup() ? "Markup(" + quoted + ")" : quoted;
                budget.characters(shown.length());
                out.append(shown, text);
            }
            case Undefined missing -> add("Undefined");
            case List<?> list -> sequence("[", list, "]", depth);
            case Tuple tuple -> sequence("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", depth);
            case Dict dict -> dict(dict, depth);
            case Lazy.View view -> sequence(view.type() + "([", view.items(), "])", depth);
            case Lazy.Range range -> add("range(" + range.start() + ", " + range.stop()
                    + (range.step() == 1 ? "" : ", " + range.step()) + ")");
            case Namespace namespace -> {
                add("<Namespace ");
                dict(namespace.fields(), depth);
                add(">");
            }
            default -> add("<" + Types.of(value) + " object>");
        }
    }

    private void sequence(String open, List<?> items, String close, int depth) {
        add(open);
        String separator = "";
        for (Object item : items) {
            add(separator);
            write(item, depth + 1);
            separator = ", ";
        }
        add(close);
    }

    private void dict(Dict dict, int depth) {
        add("{");
        String separator = "";
        for (Dict.Entry entry : dict.entries()) {
            add(separator);
            write(entry.key(), depth + 1);
            add(": ");
            write(entry.value(), depth + 1);
            separator = ", ";
        }
        add("}");
    }
}
