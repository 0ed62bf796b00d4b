/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template;

import java.util.Locale;
import java.util.function.IntPredicate;

/** Capital and small letters as Python sees them. */
final class TextCase {

    private TextCase() {
    }

    static MarkedText capitalised(MarkedText text) {
        String all = text.text();
        if (all.isEmpty()) {
            return text;
        }
        int first = all.codePointAt(0);
        int rest = Character.charCount(first);
        return text.changed(
                Character.toString(Character.toTitleCase(first)) + all.substring(rest).toLowerCase(Locale.ROOT));
    }

    /** Every run of letters begins with a capital: the method {@code title}. */
    static MarkedText title(MarkedText text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inside = false;
        for (int c : text.text().codePoints().toArray()) {
            boolean cased = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
            out.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inside = cased;
        }
        return text.changed(out.toString());
    }

    /** Every word begins with a capital, where words part at white space, hyphens and opening brackets: the filter. */
    static MarkedText words(MarkedText text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inside = false;
        for (int c : text.text().codePoints().toArray()) {
            boolean parts = Characters.isSpace(c) || "-({[<".indexOf(c) >= 0;
            out.appendCodePoint(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inside = !parts;
        }
        return text.changed(out.toString());
    }

    static MarkedText swap(MarkedText text) {
        StringBuilder out = new StringBuilder(text.length());
        text.text().codePoints()
                .forEach(c -> out.appendCodePoint(
                        Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c)));
        return text.changed(out.toString());
    }

    /** Whether there is a letter of one case and none of the other. */
    static boolean is(MarkedText text, IntPredicate wanted, IntPredicate other) {
        return text.text().codePoints().anyMatch(wanted) && text.text().codePoints().noneMatch(other);
    }
}
