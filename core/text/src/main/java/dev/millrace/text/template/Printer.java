/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import dev.millrace.json.Json;
import java.util.List;
import java.util.Locale;

/** Writes values as Python's {@code str} and {@code repr} do. */
final class Printer {

    private static final int MAX_DEPTH = 200;

    private final Budget budget;
    private final MarkedText.Builder out = new MarkedText.Builder();

    private Printer(Budget budget) {
        this.budget = budget;
    }

    /** {@code str(value)}. */
    static MarkedText text(Object value, Budget budget) {
        return switch (value) {
            case MarkedText text -> text;
            case Undefined _ -> MarkedText.EMPTY;
            default -> repr(value, budget);
        };
    }

    /** {@code repr(value)}. */
    static MarkedText repr(Object value, Budget budget) {
        Printer printer = new Printer(budget);
        printer.write(value, 0);
        return printer.out.build();
    }

    /** A string with Python's quotes and escapes. */
    static String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2);
        quote(text, out);
        return out.toString();
    }

    static String real(double value) {
        return Double.isNaN(value)
                ? "nan"
                : Double.isInfinite(value) ? value < 0 ? "-inf" : "inf" : Json.number(value);
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
            case None _ -> add("None");
            case Boolean b -> add(b ? "True" : "False");
            case Double d -> add(real(d));
            case Number n -> add(n.toString());
            case MarkedText text -> {
                budget.characters(text.length() + 2L);
                StringBuilder quoted = new StringBuilder(text.length() + 2);
                quote(text.text(), quoted);
                if (text.isMarkup()) {
                    quoted.insert(0, "Markup(").append(')');
                }
                budget.characters(quoted.length());
                out.append(quoted.toString(), text);
            }
            case Undefined _ -> add("Undefined");
            case List<?> list -> sequence("[", list, "]", depth);
            case Tuple tuple -> sequence("(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", depth);
            case Dict dict -> dict(dict, depth);
            case Lazy.View view -> sequence(view.type() + "([", view.items(), "])", depth);
            case Lazy.Range range -> add("range(" + range.start() + ", " + range.stop()
                    + (range.step() == 1 ? "" : ", " + range.step()) + ")");
            case Namespace _ -> add("<Namespace>");
            default -> add("<" + Values.type(value) + " object>");
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

    private static void quote(String text, StringBuilder out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if ((c >= 0x20 && c < 0x7F) || (c > 0xA0 && printable(c))) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(String.format(Locale.ROOT,
                                c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        }
        out.append(quote);
    }

    private static boolean printable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR ->
                false;
            default -> true;
        };
    }
}
