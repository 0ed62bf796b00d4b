/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.operator.Operators;
import dev.millrace.text.template.operator.Subscripts;
import dev.millrace.text.template.string.TextEdits;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Builtin;
import dev.millrace.text.template.value.Comparisons;
import dev.millrace.text.template.value.Dict;
import dev.millrace.text.template.value.Interpreter;
import dev.millrace.text.template.value.Lazy;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Printer;
import dev.millrace.text.template.value.Slices;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Types;
import dev.millrace.text.template.value.Undefined;
import dev.millrace.text.template.value.Values;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters over lists, dicts and other sequences. */
final class SequenceFilters {

    static final Map<String, Builtin> TABLE = Map.ofEntries(
            Map.entry("length", (run, value, arguments) -> Values.length(value)),
            Map.entry("count", (run, value, arguments) -> Values.length(value)),
            Map.entry("list", (run, value, arguments) -> copy(Values.elements(value, run.budget()), run)),
            Map.entry("items", SequenceFilters::items),
            Map.entry("first", (run, value, arguments) -> {
                List<Object> items = Values.elements(value, run.budget());
                return items.isEmpty() ? new Undefined("No first item, sequence was empty.") : items.getFirst();
            }),
            Map.entry("last", (run, value, arguments) -> {
                List<Object> items = reversible(value, run);
                return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.getLast();
            }),
            Map.entry("random", SequenceFilters::random),
            Map.entry("reverse", SequenceFilters::reverse),
            Map.entry("join", SequenceFilters::join),
            Map.entry("sum", SequenceFilters::sum),
            Map.entry("min", (run, value, arguments) -> extreme(run, value, arguments, true)),
            Map.entry("max", (run, value, arguments) -> extreme(run, value, arguments, false)),
            Map.entry("sort", SequenceFilters::sort),
            Map.entry("dictsort", SequenceFilters::sortDict),
            Map.entry("unique", SequenceFilters::unique),
            Map.entry("groupby", SequenceFilters::group),
            Map.entry("batch", SequenceFilters::batch),
            Map.entry("slice", SequenceFilters::slice),
            Map.entry("map", SequenceFilters::map),
            Map.entry("select", (run, value, arguments) -> select(run, value, arguments, false, true)),
            Map.entry("reject", (run, value, arguments) -> select(run, value, arguments, false, false)),
            Map.entry("selectattr", (run, value, arguments) -> select(run, value, arguments, true, true)),
            Map.entry("rejectattr", (run, value, arguments) -> select(run, value, arguments, true, false)));

    private static final List<String> GROUP = List.of("grouper", "list");

    private SequenceFilters() {
    }

    private static List<Object> copy(List<Object> items, Interpreter run) {
        run.budget().elements(items.size());
        return new ArrayList<>(items);
    }

    private static Object items(Interpreter run, Object value, Arguments arguments) {
        return switch (value) {
            case Undefined missing -> new Lazy.Generator(List.of());
            case Dict dict -> {
                run.budget().elements(dict.size());
                yield new Lazy.Generator(dict.items());
            }
            default -> throw TemplateException.of("Can only get item pairs from a mapping.");
        };
    }

    private static List<Object> reversible(Object value, Interpreter run) {
        if (value instanceof Lazy.Generator) {
            throw TemplateException.of("'generator' object is not reversible");
        }
        return Values.elements(value, run.budget());
    }

    /** The first item, where Jinja2 takes any: the same conversation always gives the same prompt. */
    private static Object random(Interpreter run, Object value, Arguments arguments) {
        arguments.only();
        if (Values.length(value) == 0) {
            return new Undefined("No random item, sequence was empty.");
        }
        return Subscripts.item(value, 0L, run.budget());
    }

    private static Object reverse(Interpreter run, Object value, Arguments arguments) {
        if (value instanceof MarkedText text) {
            return Slices.slice(text, null, null, -1L, run.budget());
        }
        List<Object> items = copy(Values.elements(value, run.budget()), run);
        Collections.reverse(items);
        return new Lazy.Generator(items);
    }

    private static Object join(Interpreter run, Object value, Arguments arguments) {
        arguments.only("d", "attribute");
        List<Object> items = Values.elements(value, run.budget());
        Object attribute = arguments.get(1, "attribute", None.NONE);
        if (attribute != None.NONE) {
            items = items.stream().map(item -> SortKeys.attribute(item, attribute, run)).toList();
        }
        return TextEdits.joined(Printer.text(arguments.get(0, "d", MarkedText.EMPTY), run.budget()), items,
                run.budget());
    }

    private static Object sum(Interpreter run, Object value, Arguments arguments) {
        arguments.only("attribute", "start");
        Object attribute = arguments.get(0, "attribute", None.NONE);
        Object sum = arguments.get(1, "start", 0L);
        if (sum instanceof MarkedText) {
            throw TemplateException.of("sum() can't sum strings [use ''.join(seq) instead]");
        }
        for (Object item : Values.elements(value, run.budget())) {
            sum = Operators.apply("+", sum, attribute == None.NONE ? item : SortKeys.attribute(item, attribute, run),
                    run.budget());
        }
        return sum;
    }

    private static Object extreme(Interpreter run, Object value, Arguments arguments, boolean least) {
        arguments.only("case_sensitive", "attribute");
        SortKeys keys = new SortKeys(run, arguments.get(1, "attribute", None.NONE),
                arguments.flag(0, "case_sensitive", false));
        List<Object> items = Values.elements(value, run.budget());
        if (items.isEmpty()) {
            return new Undefined("No aggregated item, sequence was empty.");
        }
        Object best = items.getFirst();
        for (Object item : items.subList(1, items.size())) {
            int sign = keys.compare(item, best);
            if (least ? sign < 0 : sign > 0) {
                best = item;
            }
        }
        return best;
    }

    private static Object sort(Interpreter run, Object value, Arguments arguments) {
        arguments.only("reverse", "case_sensitive", "attribute");
        SortKeys keys = new SortKeys(run, arguments.get(2, "attribute", None.NONE),
                arguments.flag(1, "case_sensitive", false));
        return keys.sorted(Values.elements(value, run.budget()), arguments.flag(0, "reverse", false));
    }

    private static Object sortDict(Interpreter run, Object value, Arguments arguments) {
        arguments.only("case_sensitive", "by", "reverse");
        long position = switch (arguments.text(1, "by", "key").text()) {
            case "key" -> 0;
            case "value" -> 1;
            default -> throw TemplateException.of("You can only sort by either \"key\" or \"value\"");
        };
        if (!(value instanceof Dict dict)) {
            throw value instanceof Undefined missing
                    ? missing.failure()
                    : TemplateException.of("'" + Types.of(value) + "' object has no attribute 'items'");
        }
        return new SortKeys(run, position, arguments.flag(0, "case_sensitive", false)).sorted(dict.items(),
                arguments.flag(2, "reverse", false));
    }

    private static Object unique(Interpreter run, Object value, Arguments arguments) {
        arguments.only("case_sensitive", "attribute");
        SortKeys keys = new SortKeys(run, arguments.get(1, "attribute", None.NONE),
                arguments.flag(0, "case_sensitive", false));
        Map<Object, Object> seen = new LinkedHashMap<>();
        List<Object> items = Values.elements(value, run.budget());
        run.budget().elements(items.size());
        for (Object item : items) {
            seen.putIfAbsent(Dict.hashable(keys.of(item)), item);
        }
        return new Lazy.Generator(new ArrayList<>(seen.values()));
    }

    private static Object group(Interpreter run, Object value, Arguments arguments) {
        arguments.only("attribute", "default", "case_sensitive");
        Object attribute = arguments.need(0, "attribute");
        Object preset = arguments.get(1, "default", None.NONE);
        SortKeys keys = new SortKeys(run, attribute, arguments.flag(2, "case_sensitive", false), preset);
        List<Object> groups = new ArrayList<>();
        List<Object> members = new ArrayList<>();
        Object before = null;
        for (Object item : keys.sorted(Values.elements(value, run.budget()), false)) {
            if (before != null && !Comparisons.equal(keys.of(before), keys.of(item), run.budget())) {
                groups.add(new Tuple(List.of(keys.plain(before), members), GROUP));
                members = new ArrayList<>();
            }
            members.add(item);
            before = item;
        }
        if (before != null) {
            groups.add(new Tuple(List.of(keys.plain(before), members), GROUP));
        }
        return groups;
    }

    private static Object batch(Interpreter run, Object value, Arguments arguments) {
        arguments.only("linecount", "fill_with");
        int size = Numbers.index(arguments.need(0, "linecount"));
        Object fill = arguments.get(1, "fill_with", None.NONE);
        List<Object> batches = new ArrayList<>();
        List<Object> batch = new ArrayList<>();
        for (Object item : Values.elements(value, run.budget())) {
            if (batch.size() == size) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            run.budget().elements(1);
            batch.add(item);
        }
        if (!batch.isEmpty()) {
            if (fill != None.NONE && batch.size() < size) {
                run.budget().elements(size);
                batch.addAll(Collections.nCopies(size - batch.size(), fill));
            }
            batches.add(batch);
        }
        return new Lazy.Generator(batches);
    }

    private static Object slice(Interpreter run, Object value, Arguments arguments) {
        arguments.only("slices", "fill_with");
        int slices = Numbers.index(arguments.need(0, "slices"));
        Object fill = arguments.get(1, "fill_with", None.NONE);
        if (slices <= 0) {
            throw TemplateException.of("integer division or modulo by zero");
        }
        List<Object> items = Values.elements(value, run.budget());
        run.budget().elements((long) items.size() + slices);
        int each = items.size() / slices;
        int longer = items.size() % slices;
        List<Object> out = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < slices; i++) {
            int to = from + each + (i < longer ? 1 : 0);
            List<Object> part = new ArrayList<>(items.subList(from, to));
            if (fill != None.NONE && i >= longer) {
                part.add(fill);
            }
            out.add(part);
            from = to;
        }
        return new Lazy.Generator(out);
    }

    /** A false input, so also {@code None}, has no items here and for {@code select} and similar filters; others refuse it. */
    private static Object map(Interpreter run, Object value, Arguments arguments) {
        List<Object> out = new ArrayList<>();
        if (!Values.truth(value)) {
            return new Lazy.Generator(out);
        }
        Object attribute = arguments.named().get("attribute");
        if (arguments.positional().isEmpty() && attribute != null) {
            arguments.only("attribute", "default");
            Object preset = arguments.named().getOrDefault("default", None.NONE);
            for (Object item : Values.elements(value, run.budget())) {
                run.budget().elements(1);
                out.add(SortKeys.attribute(item, attribute, preset, run));
            }
            return new Lazy.Generator(out);
        }
        if (arguments.positional().isEmpty()) {
            throw TemplateException.of("map requires a filter argument");
        }
        String filter = arguments.text(0, "name").text();
        Arguments rest = arguments.from(1);
        for (Object item : Values.elements(value, run.budget())) {
            run.budget().elements(1);
            out.add(run.filter(filter, item, rest));
        }
        return new Lazy.Generator(out);
    }

    private static Object select(Interpreter run, Object value, Arguments arguments, boolean byAttribute,
            boolean wanted) {
        if (!Values.truth(value)) {
            return new Lazy.Generator(List.of());
        }
        int first = byAttribute ? 1 : 0;
        Object attribute = byAttribute ? arguments.need(0, "attribute") : None.NONE;
        boolean named = arguments.positional().size() > first;
        String test = named ? arguments.text(first, "name").text() : "";
        Arguments rest = arguments.from(first + 1);
        List<Object> out = new ArrayList<>();
        for (Object item : Values.elements(value, run.budget())) {
            run.budget().elements(1);
            Object tested = byAttribute ? SortKeys.attribute(item, attribute, run) : item;
            if ((named ? run.test(test, tested, rest) : Values.truth(tested)) == wanted) {
                out.add(item);
            }
        }
        return new Lazy.Generator(out);
    }

    /** By what sequences are sorted and compared. */
    private static final class SortKeys {

        private final Interpreter run;
        private final Object attribute;
        private final boolean caseSensitive;
        private final Object preset;

        SortKeys(Interpreter run, Object attribute, boolean caseSensitive) {
            this(run, attribute, caseSensitive, None.NONE);
        }

        SortKeys(Interpreter run, Object attribute, boolean caseSensitive, Object preset) {
            this.run = run;
            this.attribute = attribute;
            this.caseSensitive = caseSensitive;
            this.preset = preset;
        }

        /** An attribute by its path: names and numbers with dots between them. */
        static Object attribute(Object item, Object path, Interpreter run) {
            return attribute(item, path, None.NONE, run);
        }

        /** The same with something for whatever is missing on the way, unless it is {@code None}. */
        static Object attribute(Object item, Object path, Object preset, Interpreter run) {
            if (!(path instanceof MarkedText text)) {
                return orElse(Subscripts.item(item, path, run.budget()), preset);
            }
            Object value = item;
            for (String part : text.text().split("\\.", -1)) {
                boolean number = !part.isEmpty() && part.length() < 10
                        && part.chars().allMatch(c -> c >= '0' && c <= '9');
                value = orElse(Subscripts.item(value,
                        number ? (Object) Long.valueOf(part) : MarkedText.trusted(part), run.budget()), preset);
            }
            return value;
        }

        private static Object orElse(Object found, Object preset) {
            return found instanceof Undefined && preset != None.NONE ? preset : found;
        }

        /** The key as it is, for the head of a group. */
        Object plain(Object item) {
            return attribute == None.NONE ? item : attribute(item, attribute, preset, run);
        }

        Object of(Object item) {
            Object key = attribute instanceof MarkedText path && path.text().contains(",")
                    ? several(item, path.text())
                    : plain(item);
            return !caseSensitive && key instanceof MarkedText text
                    ? text.changed(text.text().toLowerCase(Locale.ROOT))
                    : key;
        }

        private Object several(Object item, String paths) {
            List<Object> keys = new ArrayList<>();
            for (String path : paths.split(",", -1)) {
                Object key = attribute(item, MarkedText.trusted(path), run);
                keys.add(!caseSensitive && key instanceof MarkedText text
                        ? text.changed(text.text().toLowerCase(Locale.ROOT))
                        : key);
            }
            return keys;
        }

        int compare(Object a, Object b) {
            return Comparisons.compare("<", of(a), of(b), run.budget());
        }

        List<Object> sorted(List<Object> items, boolean reverse) {
            List<Object> out = copy(items, run);
            // a stable sort that keeps the order of equals in reverse too, as Python's does
            out.sort(reverse ? (a, b) -> compare(b, a) : this::compare);
            return out;
        }
    }
}
