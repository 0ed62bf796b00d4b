/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.string;

import dev.millrace.text.marked.MarkedText;
import dev.millrace.text.template.value.Characters;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Capital and small letters as Python sees them. */
public final class TextCase {

    private TextCase() {
    }

    public static MarkedText capitalised(MarkedText text) {
        String all = text.text();
        if (all.isEmpty()) {
            return text;
        }
        int first = all.codePointAt(0);
        int rest = Character.charCount(first);
        return text.changed(
                titleCase(first) + all.substring(rest).toLowerCase(Locale.ROOT));
    }

    /** The method {@code title}: every run of letters begins with a capital. */
    static MarkedText title(MarkedText text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inside = false;
        for (int c : text.text().codePoints().toArray()) {
            boolean cased = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
            out.append(inside ? lower(c) : titleCase(c));
            inside = cased;
        }
        return text.changed(out.toString());
    }

    /** The filter {@code title}: every word begins with a capital. Words end at white space, hyphens and opening brackets. */
    public static MarkedText words(MarkedText text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inside = false;
        for (int c : text.text().codePoints().toArray()) {
            boolean parts = Characters.isSpace(c) || "-({[<".indexOf(c) >= 0;
            out.append(inside ? lower(c) : upper(c));
            inside = !parts;
        }
        return text.changed(out.toString());
    }

    static MarkedText swap(MarkedText text) {
        StringBuilder out = new StringBuilder(text.length());
        text.text().codePoints()
                .forEach(c -> out.append(Character.isUpperCase(c) ? lower(c) : upper(c)));
        return text.changed(out.toString());
    }

    private static String lower(int c) {
        return Character.toString(c).toLowerCase(Locale.ROOT);
    }

    /** In capitals. One letter may become several: a sharp s becomes two S. */
    private static String upper(int c) {
        return Character.toString(c).toUpperCase(Locale.ROOT);
    }

    /** As the first letter of a word. One letter may become several: a ligature of f and i becomes Fi. */
    private static String titleCase(int c) {
        String upper = upper(c);
        int first = upper.codePointAt(0);
        int length = Character.charCount(first);
        if (length == upper.length() || Character.toTitleCase(c) != c) {
            return Character.toString(Character.toTitleCase(c));
        }
        return Character.isUpperCase(first)
                ? upper.substring(0, length) + upper.substring(length).toLowerCase(Locale.ROOT)
                : upper;
    }

    /** Whether there is a letter of one case and none of the other. */
    static boolean is(MarkedText text, IntPredicate wanted, IntPredicate other) {
        return text.text().codePoints().anyMatch(wanted) && text.text().codePoints().noneMatch(other);
    }
}
