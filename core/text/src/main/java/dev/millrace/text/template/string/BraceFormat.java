/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Printer;

/** Python's {@code str.format}. */
final class BraceFormat {

    private final MarkedText format;
    private final Arguments arguments;
    private final Interpreter run;
    private final Budget budget;
    private final MarkedText.Builder out = new MarkedText.Builder();
    private int automatic;

    private BraceFormat(MarkedText format, Arguments arguments, Interpreter run) {
        this.format = format;
        this.arguments = arguments;
        this.run = run;
        this.budget = run.budget();
    }

    static MarkedText format(MarkedText format, Arguments arguments, Interpreter run) {
        return new BraceFormat(format, arguments, run).formatted();
    }

    private MarkedText formatted() {
        String all = format.text();
        int at = 0;
        while (at < all.length()) {
            char c = all.charAt(at);
            boolean twice = at + 1 < all.length() && all.charAt(at + 1) == c;
            if ((c == '{' || c == '}') && twice) {
                out.append(format, at, at + 1);
                at += 2;
            } else if (c == '}') {
                throw TemplateException.of("Single '}' encountered in format string");
            } else if (c == '{') {
                int close = closing(all, at);
                MarkedText field = field(all.substring(at + 1, close));
                budget.characters(field.length());
                out.append(field);
                at = close + 1;
            } else {
                int end = at;
                while (end < all.length() && "{}".indexOf(all.charAt(end)) < 0) {
                    end++;
                }
                out.append(format, at, end);
                at = end;
            }
        }
        return out.build().like(format);
    }

    private static int closing(String all, int open) {
        int depth = 0;
        for (int i = open; i < all.length(); i++) {
            depth += all.charAt(i) == '{' ? 1 : all.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        throw TemplateException.of("expected '}' before end of string");
    }

    private MarkedText field(String field) {
        int colon = field.indexOf(':');
        String spec = colon < 0 ? "" : field.substring(colon + 1);
        String name = colon < 0 ? field : field.substring(0, colon);
        int bang = name.indexOf('!');
        String conversion = bang < 0 ? "" : name.substring(bang + 1);
        Object value = value(bang < 0 ? name : name.substring(0, bang));
        if (spec.indexOf('{') >= 0) {
            spec = nested(spec);
        }
        Object converted = switch (conversion) {
            case "" -> value;
            case "s" -> Printer.text(value, budget).plain();
            case "r", "a" -> Printer.repr(value, budget);
            default -> throw TemplateException.of("Unknown conversion specifier '" + conversion + "'");
        };
        if (format.isMarkup() && !spec.isEmpty() && converted instanceof MarkedText text && text.isMarkup()) {
            throw TemplateException.of("Unsupported format specification for Markup.");
        }
        return Markup.beside(format, FormatSpec.parse(spec).format(converted, budget), budget);
    }

    /** A format specification that has fields itself, one level deep. */
    private String nested(String spec) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < spec.length(); i++) {
            int close = spec.charAt(i) == '{' ? spec.indexOf('}', i) : -1;
            if (close > i) {
                out.append(Printer.text(value(spec.substring(i + 1, close)), budget).text());
                i = close;
            } else {
                out.append(spec.charAt(i));
            }
        }
        return out.toString();
    }

    private Object value(String path) {
        int end = 0;
        while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') {
            end++;
        }
        Object value = first(path.substring(0, end));
        while (end < path.length()) {
            boolean dot = path.charAt(end) == '.';
            int begin = end + 1;
            end = begin;
            while (end < path.length()
                    && (dot ? path.charAt(end) != '.' && path.charAt(end) != '[' : path.charAt(end) != ']')) {
                end++;
            }
            String key = path.substring(begin, end);
            value = dot
                    ? run.attribute(value, key)
                    : run.item(value, isIndex(key) ? (Object) Long.valueOf(key) : MarkedText.trusted(key));
            end += dot ? 0 : 1;
        }
        return value;
    }

    private Object first(String name) {
        if (!name.isEmpty() && !isIndex(name)) {
            Object named = arguments.named().get(name);
            if (named == null) {
                throw TemplateException.of("there is no value for the format field '" + name + "'");
            }
            return named;
        }
        int index = name.isEmpty() ? automatic++ : Integer.parseInt(name);
        if (index >= arguments.positional().size()) {
            throw TemplateException.of("Replacement index " + index + " out of range for positional args tuple");
        }
        return arguments.positional().get(index);
    }

    private static boolean isIndex(String name) {
        return !name.isEmpty() && name.length() < 10 && name.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
