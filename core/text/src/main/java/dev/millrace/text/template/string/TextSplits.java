/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.value.Arguments;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.None;
import dev.millrace.text.template.value.Tuple;
import dev.millrace.text.template.value.Values;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Ways to take a text apart. */
public final class TextSplits {

    private TextSplits() {
    }

    public static List<Object> split(MarkedText text, Arguments arguments, Budget budget) {
        arguments.only("sep", "maxsplit");
        int most = arguments.integer(1, "maxsplit", -1);
        Object separator = arguments.get(0, "sep", None.NONE);
        if (separator == None.NONE) {
            return words(text, most, budget);
        }
        String between = separator(separator);
        budget.search(text.length(), between.length());
        String all = text.text();
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = all.indexOf(between); at >= 0
                && (most < 0 || parts.size() < most); at = all.indexOf(between, from)) {
            budget.elements(1);
            parts.add(text.slice(from, at));
            from = at + between.length();
        }
        parts.add(text.slice(from, all.length()));
        return parts;
    }

    private static String separator(Object separator) {
        String between = Values.text(separator).text();
        if (between.isEmpty()) {
            throw TemplateException.of("empty separator");
        }
        return between;
    }

    private static List<Object> words(MarkedText text, int most, Budget budget) {
        String all = text.text();
        List<Object> parts = new ArrayList<>();
        int at = space(all, 0);
        while (at < all.length()) {
            budget.elements(1);
            int end = at;
            if (most >= 0 && parts.size() >= most) {
                parts.add(text.slice(at, all.length()));
                return parts;
            }
            while (end < all.length() && !Characters.isSpace(all.charAt(end))) {
                end++;
            }
            parts.add(text.slice(at, end));
            at = space(all, end);
        }
        return parts;
    }

    private static int space(String text, int from) {
        int at = from;
        while (at < text.length() && Characters.isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    static List<Object> splitFromRight(MarkedText text, Arguments arguments, Budget budget) {
        arguments.only("sep", "maxsplit");
        int most = arguments.integer(1, "maxsplit", -1);
        Object separator = arguments.get(0, "sep", None.NONE);
        List<Object> parts = new ArrayList<>();
        String all = text.text();
        int to = all.length();
        if (separator == None.NONE) {
            int end = backOverSpace(all, to);
            while (end > 0) {
                budget.elements(1);
                if (most >= 0 && parts.size() >= most) {
                    parts.add(text.slice(0, end));
                    break;
                }
                int begin = end;
                while (begin > 0 && !Characters.isSpace(all.charAt(begin - 1))) {
                    begin--;
                }
                parts.add(text.slice(begin, end));
                end = backOverSpace(all, begin);
            }
        } else {
            String between = separator(separator);
            budget.search(text.length(), between.length());
            for (int at = all.lastIndexOf(between); at >= 0
                    && (most < 0 || parts.size() < most); at = to < between.length()
                            ? -1
                            : all.lastIndexOf(between, to - between.length())) {
                budget.elements(1);
                parts.add(text.slice(at + between.length(), to));
                to = at;
            }
            parts.add(text.slice(0, to));
        }
        Collections.reverse(parts);
        return parts;
    }

    private static int backOverSpace(String text, int from) {
        int at = from;
        while (at > 0 && Characters.isSpace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    static Tuple partition(MarkedText text, Arguments arguments, boolean last, Budget budget) {
        MarkedText between = arguments.only("sep").text(0, "sep");
        separator(between);
        budget.search(text.length(), between.length());
        int at = last ? text.text().lastIndexOf(between.text()) : text.text().indexOf(between.text());
        if (at < 0) {
            return last
                    ? Tuple.of(MarkedText.EMPTY, MarkedText.EMPTY, text)
                    : Tuple.of(text, MarkedText.EMPTY, MarkedText.EMPTY);
        }
        int behind = at + between.length();
        return Tuple.of(text.slice(0, at), text.slice(at, behind), text.slice(behind, text.length()));
    }

    static List<Object> lines(MarkedText text, boolean keepEnds, Budget budget) {
        String all = text.text();
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < all.length();) {
            char c = all.charAt(i);
            boolean ends = (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028
                    || c == 0x2029;
            int next = c == '\r' && i + 1 < all.length() && all.charAt(i + 1) == '\n' ? i + 2 : i + 1;
            if (ends) {
                budget.elements(1);
                lines.add(text.slice(from, keepEnds ? next : i));
                from = next;
            }
            i = next;
        }
        if (from < all.length()) {
            lines.add(text.slice(from, all.length()));
        }
        return lines;
    }
}
