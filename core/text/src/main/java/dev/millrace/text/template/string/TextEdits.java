/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.limit.Budget;
import dev.millrace.text.template.value.Characters;
import dev.millrace.text.template.value.Printer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ways to make a text of others: each character keeps its mark. */
public final class TextEdits {

    private TextEdits() {
    }

    /** Takes characters off the ends: white space if none are named. */
    public static MarkedText stripped(MarkedText text, @Nullable String characters, boolean left, boolean right,
            Budget budget) {
        String all = text.text();
        if (characters != null) {
            budget.search(all.length(), characters.length());
        }
        int from = 0;
        int to = all.length();
        while (left && from < to && strips(all.codePointAt(from), characters)) {
            from += Character.charCount(all.codePointAt(from));
        }
        while (right && from < to && strips(all.codePointBefore(to), characters)) {
            to -= Character.charCount(all.codePointBefore(to));
        }
        return text.slice(from, to);
    }

    private static boolean strips(int c, @Nullable String characters) {
        return characters == null ? Characters.isSpace(c) : characters.indexOf(c) >= 0;
    }

    /** Texts with a separator between them. */
    public static MarkedText joined(MarkedText separator, List<Object> parts, Budget budget) {
        MarkedText.Builder out = new MarkedText.Builder();
        for (int i = 0; i < parts.size(); i++) {
            MarkedText part = Printer.text(parts.get(i), budget);
            budget.characters((i > 0 ? (long) separator.length() : 0) + part.length());
            if (i > 0) {
                out.append(separator);
            }
            out.append(part);
        }
        return out.build();
    }

    /** Replaces occurrences from the left, all if the count is negative. */
    public static MarkedText replaced(MarkedText text, MarkedText old, MarkedText by, int count, Budget budget) {
        String all = text.text();
        budget.search(all.length(), old.length());
        MarkedText.Builder out = new MarkedText.Builder();
        int from = 0;
        int left = count < 0 ? Integer.MAX_VALUE : count;
        if (old.isEmpty()) {
            while (left-- > 0) {
                budget.characters(by.length() + 2L);
                out.append(by);
                if (from >= all.length()) {
                    break;
                }
                int next = from + Character.charCount(all.codePointAt(from));
                out.append(text, from, next);
                from = next;
            }
        } else {
            for (int at = all.indexOf(old.text()); at >= 0 && left-- > 0; at = all.indexOf(old.text(), from)) {
                budget.characters((long) at - from + by.length());
                out.append(text, from, at).append(by);
                from = at + old.length();
            }
        }
        if (from == 0 && out.length() == 0) {
            return text;
        }
        budget.characters(all.length() - from);
        return out.append(text, from, all.length()).build();
    }

    public static MarkedText repeat(MarkedText text, int count, Budget budget) {
        if (text.isEmpty()) {
            return text;
        }
        budget.characters((long) text.length() * count);
        MarkedText.Builder out = new MarkedText.Builder();
        for (int i = 0; i < count; i++) {
            out.append(text);
        }
        return out.build().like(text);
    }
}
