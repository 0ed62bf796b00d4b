/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.string.Markup;
import dev.millrace.text.template.string.PercentFormat;
import dev.millrace.text.template.string.TextCase;
import dev.millrace.text.template.string.TextEdits;
import dev.millrace.text.template.string.TextLayout;
import dev.millrace.text.template.string.TextSplits;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import dev.millrace.text.template.value.Values;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters that make text. What is no text is printed first, as Jinja2 does. */
final class TextFilters {

    static final Map<String, Builtin> TABLE = Map.ofEntries(
            Map.entry("string", (run, value, arguments) -> Printer.text(value, run.budget())),
            Map.entry("safe", (run, value, arguments) -> Printer.text(value, run.budget()).markup()),
            Map.entry("upper", (run, value, arguments) -> {
                MarkedText text = soft(run, value);
                return text.changed(text.text().toUpperCase(Locale.ROOT));
            }),
            Map.entry("lower", (run, value, arguments) -> {
                MarkedText text = soft(run, value);
                return text.changed(text.text().toLowerCase(Locale.ROOT));
            }),
            Map.entry("capitalize", (run, value, arguments) -> TextCase.capitalised(soft(run, value))),
            Map.entry("title", (run, value, arguments) -> TextCase.words(soft(run, value).plain())),
            Map.entry("trim", TextFilters::trim),
            Map.entry("replace", TextFilters::replace),
            Map.entry("center", (run, value, arguments) -> TextLayout.padded(soft(run, value),
                    arguments.only("width").integer(0, "width", 80), MarkedText.trusted(" "), '^', run.budget())),
            Map.entry("indent", TextFilters::indent),
            Map.entry("truncate", (run, value, arguments) -> {
                arguments.only("length", "killwords", "end", "leeway");
                return TextLayout.truncated(soft(run, value), arguments.integer(0, "length", 255),
                        arguments.flag(1, "killwords", false), arguments.text(2, "end", "..."),
                        arguments.integer(3, "leeway", 5),
                        run.budget());
            }),
            Map.entry("wordwrap", (run, value, arguments) -> {
                arguments.only("width", "break_long_words", "wrapstring", "break_on_hyphens");
                Object newline = arguments.get(2, "wrapstring", None.NONE);
                return TextLayout.wrapped(soft(run, value).plain(), arguments.integer(0, "width", 79),
                        arguments.flag(1, "break_long_words", true),
                        newline == None.NONE ? MarkedText.trusted("\n") : Values.text(newline), run.budget());
            }),
            Map.entry("wordcount", (run, value, arguments) -> words(soft(run, value))),
            Map.entry("format", (run, value, arguments) -> PercentFormat.format(soft(run, value),
                    arguments.named().isEmpty() ? new Tuple(arguments.positional()) : named(arguments), run.budget())),
            Map.entry("escape", (run, value, arguments) -> Markup.escape(value, run.budget())),
            Map.entry("e", (run, value, arguments) -> Markup.escape(value, run.budget())),
            Map.entry("forceescape", (run, value, arguments) -> Markup.escape(soft(run, value).plain(), run.budget())),
            Map.entry("xmlattr", TextFilters::attributes),
            Map.entry("striptags", (run, value, arguments) -> stripped(run, value).plain()),
            Map.entry("urlencode", (run, value, arguments) -> urlEncoded(run, value)),
            Map.entry("pprint", (run, value, arguments) -> Printer.repr(value, run.budget())));

    private TextFilters() {
    }

    private static MarkedText soft(Interpreter run, Object value) {
        MarkedText text = Printer.text(value, run.budget());
        run.budget().characters(text.length());
        return text;
    }

    private static Object trim(Interpreter run, Object value, Arguments arguments) {
        Object characters = arguments.only("chars").get(0, "chars", None.NONE);
        return TextEdits.stripped(soft(run, value), characters == None.NONE ? null : Values.text(characters).text(),
                true, true,
                run.budget());
    }

    private static Object replace(Interpreter run, Object value, Arguments arguments) {
        arguments.only("old", "new", "count");
        return TextEdits.replaced(soft(run, value).plain(), soft(run, arguments.need(0, "old")),
                soft(run, arguments.need(1, "new")),
                arguments.integer(2, "count", -1), run.budget());
    }

    private static Object indent(Interpreter run, Object value, Arguments arguments) {
        arguments.only("width", "first", "blank");
        if (value instanceof Undefined missing) {
            throw missing.failure();
        }
        Object width = arguments.get(0, "width", 4L);
        MarkedText by = width instanceof MarkedText text
                ? text
                : TextEdits.repeat(MarkedText.trusted(" "), Math.max(0, Numbers.index(width)), run.budget());
        return TextLayout.indented(soft(run, value), by, arguments.flag(1, "first", false),
                arguments.flag(2, "blank", false),
                run.budget());
    }

    private static Object words(MarkedText text) {
        long words = 0;
        boolean inside = false;
        for (int c : text.text().codePoints().toArray()) {
            boolean word = Character.isLetterOrDigit(c) || c == '_';
            words += word && !inside ? 1 : 0;
            inside = word;
        }
        return words;
    }

    private static Dict named(Arguments arguments) {
        if (!arguments.positional().isEmpty()) {
            throw TemplateException.of("can't handle positional and keyword arguments at the same time");
        }
        Dict dict = new Dict();
        arguments.named().forEach((name, value) -> dict.put(MarkedText.trusted(name), value));
        return dict;
    }

    /** The pairs of a dict as attributes of an HTML element; those without a value are left out. */
    private static MarkedText attributes(Interpreter run, Object value, Arguments arguments) {
        boolean space = arguments.only("autospace").flag(0, "autospace", true);
        if (!(value instanceof Dict dict)) {
            throw value instanceof Undefined missing
                    ? missing.failure()
                    : TemplateException.of("'" + Types.of(value) + "' object has no attribute 'items'");
        }
        MarkedText.Builder out = new MarkedText.Builder();
        for (Dict.Entry entry : dict.entries()) {
            if (entry.value() == None.NONE || entry.value() instanceof Undefined) {
                continue;
            }
            MarkedText key = Values.text(entry.key());
            if (key.text().chars().anyMatch(c -> Characters.isSpace(c) || "/>=".indexOf(c) >= 0)) {
                throw TemplateException
                        .of("Invalid character in attribute name: " + Printer.repr(key.plain(), run.budget()).text());
            }
            if (space || out.length() > 0) {
                out.append(" ");
            }
            MarkedText shown = Markup.escape(entry.value(), run.budget());
            MarkedText name = Markup.escape(key, run.budget());
            run.budget().characters((long) name.length() + shown.length() + 4);
            out.append(name).append("=\"").append(shown).append("\"");
        }
        return out.build();
    }

    private static MarkedText stripped(Interpreter run, Object value) {
        String all = soft(run, value).text();
        StringBuilder out = new StringBuilder();
        int from = 0;
        while (from < all.length()) {
            int open = all.indexOf('<', from);
            int close = open < 0 ? -1 : all.indexOf('>', open);
            if (close < 0) {
                break;
            }
            out.append(all, from, open);
            from = close + 1;
        }
        out.append(all, from, all.length());
        Object words = TextSplits.split(soft(run, value).changed(out.toString()), Arguments.NONE, run.budget());
        return TextEdits.joined(MarkedText.trusted(" "), Values.elements(words, run.budget()), run.budget());
    }

    /** A text as part of a path; a dict, or pairs, as a query. */
    private static MarkedText urlEncoded(Interpreter run, Object value) {
        if (value instanceof MarkedText || !Tests.isIterable(value)) {
            return urlEncoded(soft(run, value).plain(), "/", run.budget());
        }
        MarkedText.Builder out = new MarkedText.Builder();
        for (Object item : value instanceof Dict dict ? dict.items() : Values.elements(value, run.budget())) {
            List<Object> pair = Values.elements(item, run.budget());
            if (pair.size() != 2) {
                throw TemplateException.of("a query is made of pairs, not of " + pair.size() + " values");
            }
            out.append(out.length() == 0 ? "" : "&");
            out.append(urlEncoded(soft(run, pair.getFirst()).plain(), " ", run.budget())).append("=")
                    .append(urlEncoded(soft(run, pair.getLast()).plain(), " ", run.budget()));
        }
        return out.build();
    }

    /** With one more character kept; a kept space is a plus, as in queries. */
    private static MarkedText urlEncoded(MarkedText text, String kept, Budget budget) {
        budget.characters(9L * text.length());
        StringBuilder out = new StringBuilder();
        for (byte b : text.text().getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (c < 128 && (Character.isLetterOrDigit(c) || ("_.-~" + kept).indexOf(c) >= 0)) {
                out.append(c == ' ' ? '+' : c);
            } else {
                out.append(String.format(Locale.ROOT, "%%%02X", (int) c));
            }
        }
        return text.changed(out.toString());
    }
}
