/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parts of sequences as Python cuts them. */
public final class Slices {

    private Slices() {
    }

    /** {@code of[start:stop:step]}; a bound that is not written is null. */
    public static Object slice(Object of, @Nullable Object start, @Nullable Object stop, @Nullable Object step,
            Budget budget) {
        int by = bound(step, 1);
        if (by == 0) {
            throw TemplateException.of("slice step cannot be zero");
        }
        return switch (of) {
            case Undefined missing -> throw missing.failure();
            case MarkedText text -> slice(text, start, stop, by, budget);
            case List<?> list -> slice(list, start, stop, by, budget);
            case Tuple tuple -> new Tuple(slice(tuple.items(), start, stop, by, budget));
            case Lazy.Range range -> slice(range.items(), start, stop, by, budget);
            case Dict dict -> throw TemplateException.of("unhashable type: 'slice'");
            default -> throw TemplateException.of("'" + Types.of(of) + "' object is not subscriptable");
        };
    }

    private static int bound(@Nullable Object value, int preset) {
        if (value == null || value == None.NONE) {
            return preset;
        }
        if (!Numbers.isInteger(value)) {
            throw value instanceof Undefined missing
                    ? missing.failure()
                    : TemplateException.of("slice indices must be integers or None or have an __index__ method");
        }
        return Numbers.index(value);
    }

    private static int first(@Nullable Object start, int step, int size) {
        int from = bound(start, step > 0 ? 0 : Integer.MAX_VALUE);
        if (from < 0) {
            from = from + size < 0 ? (step > 0 ? 0 : -1) : from + size;
        }
        return Math.min(from, step > 0 ? size : size - 1);
    }

    private static int last(@Nullable Object stop, int step, int size) {
        if (stop == null || stop == None.NONE) {
            return step > 0 ? size : -1;
        }
        int to = bound(stop, 0);
        if (to < 0) {
            to = to + size < 0 ? (step > 0 ? 0 : -1) : to + size;
        }
        return Math.min(to, step > 0 ? size : size - 1);
    }

    private static List<Object> slice(List<?> list, @Nullable Object start, @Nullable Object stop, int step,
            Budget budget) {
        long from = first(start, step, list.size());
        long to = last(stop, step, list.size());
        if (step == 1) {
            budget.step();
            return from < to ? Values.list(list).subList((int) from, (int) to) : List.of();
        }
        List<Object> out = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            budget.elements(1);
            out.add(list.get((int) i));
        }
        return out;
    }

    private static MarkedText slice(MarkedText text, @Nullable Object start, @Nullable Object stop, int step,
            Budget budget) {
        String all = text.text();
        int points = Characters.length(all);
        boolean plain = points == all.length();
        long from = first(start, step, points);
        long to = last(stop, step, points);
        budget.characters(all.length());
        if (step == 1) {
            if (from >= to) {
                return text.slice(0, 0);
            }
            int begin = plain ? (int) from : all.offsetByCodePoints(0, (int) from);
            return text.slice(begin, plain ? (int) to : all.offsetByCodePoints(begin, (int) (to - from)));
        }
        int[] starts = starts(all, points);
        MarkedText.Builder out = new MarkedText.Builder();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            out.append(text, starts[(int) i], starts[(int) i + 1]);
        }
        return out.build().like(text);
    }

    private static int[] starts(String text, int points) {
        int[] starts = new int[points + 1];
        for (int i = 0, at = 0; i < points; i++) {
            starts[i] = at;
            at += Character.charCount(text.codePointAt(at));
        }
        starts[points] = text.length();
        return starts;
    }
}
