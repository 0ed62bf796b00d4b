/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Callable;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Slices;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Values;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Methods of Python's {@code str}. */
public final class TextMethods {

    /** A method as a function of the text. */
    @FunctionalInterface
    private interface Method {
        Object apply(MarkedText text, Arguments arguments, Budget budget);
    }

    /** A method that reads values of the rendering. */
    @FunctionalInterface
    private interface RenderedMethod {
        Object apply(MarkedText text, Arguments arguments, Interpreter run);
    }

    /** Digits that are no decimals; Python counts them in {@code isdigit}. */
    private static final String SUPERSCRIPTS = "\u00B2\u00B3\u00B9\u2070\u2074\u2075\u2076\u2077\u2078\u2079"
            + "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089";

    private static final Map<String, Builtin> TABLE = table();

    private TextMethods() {
    }

    /** The method, bound to its text, or null if there is none of that name. */
    public static @Nullable Object find(Object text, String name) {
        Builtin method = TABLE.get(name);
        return method == null ? null : new Callable.Function("builtin_function_or_method", method, text);
    }

    private static Map<String, Builtin> table() {
        Map<String, Method> methods = new HashMap<>();
        methods.put("upper", (text, arguments, budget) -> text.changed(text.text().toUpperCase(Locale.ROOT)));
        methods.put("lower", (text, arguments, budget) -> text.changed(text.text().toLowerCase(Locale.ROOT)));
        methods.put("casefold",
                (text, arguments, budget) -> text
                        .changed(text.text().toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)));
        methods.put("swapcase", (text, arguments, budget) -> TextCase.swap(text));
        methods.put("capitalize", (text, arguments, budget) -> TextCase.capitalised(text));
        methods.put("title", (text, arguments, budget) -> TextCase.title(text));
        methods.put("strip", (text, arguments, budget) -> stripped(text, arguments, true, true, budget));
        methods.put("lstrip", (text, arguments, budget) -> stripped(text, arguments, true, false, budget));
        methods.put("rstrip", (text, arguments, budget) -> stripped(text, arguments, false, true, budget));
        methods.put("startswith", (text, arguments, budget) -> affix(text, arguments, true, budget));
        methods.put("endswith", (text, arguments, budget) -> affix(text, arguments, false, budget));
        methods.put("removeprefix", (text, arguments, budget) -> {
            String prefix = arguments.only("prefix").text(0, "prefix").text();
            return text.text().startsWith(prefix) ? text.slice(prefix.length(), text.length()) : text;
        });
        methods.put("removesuffix", (text, arguments, budget) -> {
            String suffix = arguments.only("suffix").text(0, "suffix").text();
            return text.text().endsWith(suffix) ? text.slice(0, text.length() - suffix.length()) : text;
        });
        methods.put("split", (text, arguments, budget) -> TextSplits.split(text, arguments, budget));
        methods.put("rsplit", (text, arguments, budget) -> TextSplits.splitFromRight(text, arguments, budget));
        methods.put("splitlines", (text, arguments, budget) -> TextSplits.lines(text,
                arguments.only("keepends").flag(0, "keepends", false), budget));
        methods.put("partition", (text, arguments, budget) -> TextSplits.partition(text, arguments, false, budget));
        methods.put("rpartition", (text, arguments, budget) -> TextSplits.partition(text, arguments, true, budget));
        methods.put("join", (text, arguments, budget) -> {
            List<Object> parts = Values.elements(arguments.only("iterable").need(0, "iterable"), budget);
            for (int i = 0; i < parts.size(); i++) {
                if (!text.isMarkup() && !(parts.get(i) instanceof MarkedText)) {
                    throw TemplateException
                            .of("sequence item " + i + ": expected str instance, " + Types.of(parts.get(i))
                                    + " found");
                }
            }
            return TextEdits.joined(text,
                    text.isMarkup() ? parts.stream().map(part -> (Object) Markup.escape(part, budget)).toList() : parts,
                    budget);
        });
        methods.put("replace", (text, arguments, budget) -> {
            arguments.only("old", "new", "count");
            return TextEdits.replaced(text, arguments.text(0, "old"),
                    Markup.beside(text, arguments.text(1, "new"), budget), arguments.integer(2, "count", -1), budget);
        });
        methods.put("find", (text, arguments, budget) -> position(text, arguments, false, budget));
        methods.put("rfind", (text, arguments, budget) -> position(text, arguments, true, budget));
        methods.put("index", (text, arguments, budget) -> found(position(text, arguments, false, budget)));
        methods.put("rindex", (text, arguments, budget) -> found(position(text, arguments, true, budget)));
        methods.put("count", (text, arguments, budget) -> count(text, arguments, budget));
        methods.put("zfill", (text, arguments, budget) -> TextLayout.zeros(text,
                arguments.only("width").integer(0, "width", 0), budget));
        methods.put("center", (text, arguments, budget) -> TextLayout.padded(text, arguments, '^', budget));
        methods.put("ljust", (text, arguments, budget) -> TextLayout.padded(text, arguments, '<', budget));
        methods.put("rjust", (text, arguments, budget) -> TextLayout.padded(text, arguments, '>', budget));
        methods.put("expandtabs", (text, arguments, budget) -> TextLayout.tabs(text,
                arguments.only("tabsize").integer(0, "tabsize", 8), budget));
        methods.put("isdigit",
                (text, arguments, budget) -> every(text, c -> Character.isDigit(c) || SUPERSCRIPTS.indexOf(c) >= 0));
        methods.put("isdecimal", (text, arguments, budget) -> every(text, Character::isDigit));
        methods.put("isnumeric", (text, arguments, budget) -> every(text, c -> Character.isDigit(c)
                || Character.getType(c) == Character.OTHER_NUMBER || Character.getType(c) == Character.LETTER_NUMBER));
        methods.put("isalpha", (text, arguments, budget) -> every(text, Character::isLetter));
        methods.put("isalnum", (text, arguments, budget) -> every(text, c -> Character.isLetterOrDigit(c)
                || Character.getType(c) == Character.OTHER_NUMBER || Character.getType(c) == Character.LETTER_NUMBER));
        methods.put("isspace", (text, arguments, budget) -> every(text, Characters::isSpace));
        methods.put("isprintable",
                (text, arguments, budget) -> text.text().codePoints().allMatch(Characters::isPrintable));
        methods.put("isascii", (text, arguments, budget) -> text.text().chars().allMatch(c -> c < 128));
        methods.put("isidentifier",
                (text, arguments, budget) -> every(text, c -> Character.isUnicodeIdentifierPart(c) || c == '_')
                        && !Character.isDigit(text.text().charAt(0)));
        methods.put("isupper",
                (text, arguments, budget) -> TextCase.is(text, Character::isUpperCase, Character::isLowerCase));
        methods.put("islower",
                (text, arguments, budget) -> TextCase.is(text, Character::isLowerCase, Character::isUpperCase));
        methods.put("istitle", (text, arguments, budget) -> text.equals(TextCase.title(text))
                && text.text().codePoints().anyMatch(Character::isUpperCase));
        Map<String, Builtin> table = new HashMap<>();
        methods.forEach((name, method) -> table.put(name,
                builtin((text, arguments, run) -> method.apply(text, arguments, run.budget()))));
        table.put("format", builtin(BraceFormat::format));
        return Map.copyOf(table);
    }

    private static Builtin builtin(RenderedMethod method) {
        return (run, self, arguments) -> {
            MarkedText text = (MarkedText) self;
            run.budget().characters(text.length());
            return Markup.made(method.apply(text, arguments, run), text);
        };
    }

    private static boolean every(MarkedText text, IntPredicate kind) {
        return !text.isEmpty() && text.text().codePoints().allMatch(kind);
    }

    private static MarkedText stripped(MarkedText text, Arguments arguments, boolean left, boolean right,
            Budget budget) {
        Object characters = arguments.only("chars").get(0, "chars", None.NONE);
        return TextEdits.stripped(text, characters == None.NONE ? null : Values.text(characters).text(), left, right,
                budget);
    }

    private static boolean affix(MarkedText text, Arguments arguments, boolean start, Budget budget) {
        arguments.only(start ? "prefix" : "suffix", "start", "end");
        Object sought = arguments.need(0, start ? "prefix" : "suffix");
        MarkedText part = (MarkedText) Slices.slice(text, arguments.find(1, "start"), arguments.find(2, "end"),
                null, budget);
        List<Object> choices = sought instanceof Tuple tuple ? tuple.items() : List.of(sought);
        for (Object choice : choices) {
            if (!(choice instanceof MarkedText affix)) {
                throw TemplateException
                        .of((start ? "startswith" : "endswith") + " first arg must be str or a tuple of str, not "
                                + Types.of(choice));
            }
            if (start ? part.text().startsWith(affix.text()) : part.text().endsWith(affix.text())) {
                return true;
            }
        }
        return false;
    }

    private static long position(MarkedText text, Arguments arguments, boolean last, Budget budget) {
        MarkedText sought = arguments.only("sub", "start", "end").text(0, "sub");
        Object start = arguments.get(1, "start", 0L);
        MarkedText part = (MarkedText) Slices.slice(text, start, arguments.find(2, "end"), null, budget);
        budget.search(text.length(), sought.length());
        int at = last ? part.text().lastIndexOf(sought.text()) : part.text().indexOf(sought.text());
        if (at < 0) {
            return -1;
        }
        int from = start == None.NONE ? 0 : Numbers.index(start);
        int points = Characters.length(text.text());
        int shift = from < 0 ? Math.max(0, from + points) : from;
        return shift > points ? -1 : shift + (long) part.text().codePointCount(0, at);
    }

    private static long found(long position) {
        if (position < 0) {
            throw TemplateException.of("substring not found");
        }
        return position;
    }

    private static long count(MarkedText text, Arguments arguments, Budget budget) {
        String sought = arguments.only("sub", "start", "end").text(0, "sub").text();
        String all = ((MarkedText) Slices.slice(text, arguments.find(1, "start"), arguments.find(2, "end"), null,
                budget)).text();
        budget.search(all.length(), sought.length());
        if (sought.isEmpty()) {
            return Characters.length(all) + 1L;
        }
        long found = 0;
        for (int at = all.indexOf(sought); at >= 0; at = all.indexOf(sought, at + sought.length())) {
            found++;
        }
        return found;
    }
}
