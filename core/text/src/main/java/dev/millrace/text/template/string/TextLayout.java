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
import dev.millrace.text.template.value.Numbers;
import dev.millrace.text.template.value.Slices;
import java.util.ArrayList;
import java.util.List;

/** Padding, indenting, wrapping and shortening. */
public final class TextLayout {

    private TextLayout() {
    }

    static MarkedText padded(MarkedText text, Arguments arguments, char side, Budget budget) {
        arguments.only("width", "fillchar");
        MarkedText fill = Markup.beside(text, arguments.text(1, "fillchar", " "), budget);
        if (Characters.length(fill.text()) != 1) {
            throw TemplateException.of("The fill character must be exactly one character long");
        }
        return padded(text, Numbers.index(arguments.need(0, "width")), fill, side, budget);
    }

    /** Pads to a width; a side of {@code ^} centres as Python does. */
    public static MarkedText padded(MarkedText text, int width, MarkedText fill, char side, Budget budget) {
        int missing = width - Characters.length(text.text());
        if (missing <= 0) {
            return text;
        }
        int left = switch (side) {
            case '<' -> 0;
            case '>' -> missing;
            default -> missing / 2 + (missing & width & 1);
        };
        return TextEdits.repeat(fill, left, budget).plus(text).plus(TextEdits.repeat(fill, missing - left, budget))
                .like(text);
    }

    static MarkedText zeros(MarkedText text, int width, Budget budget) {
        int sign = !text.isEmpty() && "+-".indexOf(text.text().charAt(0)) >= 0 ? 1 : 0;
        int missing = width - Characters.length(text.text());
        if (missing <= 0) {
            return text;
        }
        return text.slice(0, sign).plus(TextEdits.repeat(MarkedText.trusted("0"), missing, budget))
                .plus(text.slice(sign, text.length()));
    }

    static MarkedText tabs(MarkedText text, int size, Budget budget) {
        StringBuilder out = new StringBuilder();
        int column = 0;
        for (char c : text.text().toCharArray()) {
            if (c == '\t') {
                int spaces = size <= 0 ? 0 : size - column % size;
                budget.characters(spaces);
                out.repeat(' ', spaces);
                column += spaces;
            } else {
                out.append(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        return text.changed(out.toString());
    }

    /** The filter {@code indent}. */
    public static MarkedText indented(MarkedText text, MarkedText by, boolean first, boolean blank, Budget budget) {
        List<Object> lines = TextSplits.lines(text.plus(MarkedText.trusted("\n")), false, budget);
        MarkedText.Builder out = new MarkedText.Builder();
        for (int i = 0; i < lines.size(); i++) {
            MarkedText line = (MarkedText) lines.get(i);
            budget.characters((long) by.length() + line.length() + 1);
            if (i > 0) {
                out.append("\n");
            }
            if (i == 0 ? first : blank || !line.isEmpty()) {
                out.append(by);
            }
            out.append(line);
        }
        return out.build().like(text);
    }

    /** The filter {@code truncate}. */
    public static MarkedText truncated(MarkedText text, int length, boolean killWords, MarkedText end, int leeway,
            Budget budget) {
        if (length < Characters.length(end.text())) {
            throw TemplateException.of("expected length >= " + Characters.length(end.text()) + ", got " + length);
        }
        if (leeway < 0) {
            throw TemplateException.of("expected leeway >= 0, got " + leeway);
        }
        if (Characters.length(text.text()) <= (long) length + leeway) {
            return text;
        }
        long keep = length - (long) Characters.length(end.text());
        MarkedText part = (MarkedText) Slices.slice(text, null, keep, null, budget);
        int space = part.text().lastIndexOf(' ');
        return Markup.concatenated(killWords || space < 0 ? part : part.slice(0, space), end, budget);
    }

    /** The filter {@code wordwrap}: lines no longer than a width, parted at spaces. */
    public static MarkedText wrapped(MarkedText text, int width, boolean breakLong, MarkedText newline, Budget budget) {
        if (width <= 0) {
            throw TemplateException.of("invalid width " + width + " (must be > 0)");
        }
        List<Object> lines = new ArrayList<>();
        for (Object line : TextSplits.lines(text, false, budget)) {
            wrap((MarkedText) line, width, breakLong, lines, budget);
        }
        return TextEdits.joined(newline, lines, budget);
    }

    private static void wrap(MarkedText line, int width, boolean breakLong, List<Object> out, Budget budget) {
        String all = line.text();
        int from = 0;
        if (all.isBlank()) {
            out.add(MarkedText.EMPTY);
            return;
        }
        while (from < all.length()) {
            budget.elements(1);
            if (all.length() - from <= width) {
                out.add(TextEdits.stripped(line.slice(from, all.length()), null, false, true, budget));
                return;
            }
            int space = all.lastIndexOf(' ', from + width);
            int end;
            if (space > from) {
                end = space;
            } else if (breakLong) {
                end = from + width;
            } else {
                int next = all.indexOf(' ', from + width);
                end = next < 0 ? all.length() : next;
            }
            out.add(TextEdits.stripped(line.slice(from, end), null, false, true, budget));
            from = end;
            while (from < all.length() && all.charAt(from) == ' ') {
                from++;
            }
        }
    }
}
