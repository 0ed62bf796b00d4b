/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Tuple;
import java.util.ArrayList;
import java.util.List;

/**
 * What MarkupSafe does with text that is marked as HTML. What is added to such text, joined by it or formatted into it is
 * escaped first, unless it is HTML itself.
 */
public final class Markup {

    private static final String[][] ESCAPES = {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"'", "&#39;"},
            {"\"", "&#34;"}};

    private Markup() {
    }

    /** HTML that shows a value; what is HTML already stays as it is. */
    public static MarkedText escape(Object value, Budget budget) {
        MarkedText text = Printer.text(value, budget);
        if (text.isMarkup()) {
            return text;
        }
        for (String[] escape : ESCAPES) {
            text = TextEdits.replaced(text, MarkedText.trusted(escape[0]), MarkedText.trusted(escape[1]), -1, budget);
        }
        return text.markup();
    }

    /** A value as it may stand beside some text: escaped if that text is HTML, else as it is. */
    static MarkedText beside(MarkedText neighbour, MarkedText value, Budget budget) {
        return neighbour.isMarkup() ? escape(value, budget) : value.plain();
    }

    public static MarkedText concatenated(MarkedText a, MarkedText b, Budget budget) {
        boolean markup = a.isMarkup() || b.isMarkup();
        MarkedText left = markup ? escape(a, budget) : a;
        MarkedText right = markup ? escape(b, budget) : b;
        budget.characters((long) left.length() + right.length());
        MarkedText both = left.plus(right);
        return markup ? both.markup() : both;
    }

    /** What a method made of some text: HTML if that text is, alone or in a list or a tuple. */
    static Object made(Object result, MarkedText from) {
        if (!from.isMarkup()) {
            return result;
        }
        return switch (result) {
            case MarkedText text -> text.markup();
            case List<?> parts -> all(parts);
            case Tuple parts -> new Tuple(all(parts.items()));
            default -> result;
        };
    }

    private static List<Object> all(List<?> parts) {
        List<Object> out = new ArrayList<>(parts.size());
        for (Object part : parts) {
            out.add(part instanceof MarkedText text ? text.markup() : part);
        }
        return out;
    }
}
