/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.function.IntPredicate;

/** Finds something in a text. Stateless. */
@FunctionalInterface
interface Matches {

    /**
     * Finds all matches.
     *
     * @param text well-formed UTF-16
     * @param from where to begin
     * @param to where to end; nothing behind it is looked at
     * @param found gets start and end of each match, in order, without overlap
     */
    void find(char[] text, int from, int to, IntList found);

    /** Every code point of a kind is a match. */
    static Matches each(IntPredicate member) {
        return (text, from, to, found) -> {
            for (int at = from; at < to;) {
                int end = at + CharClass.width(text, at, to);
                if (member.test(Character.codePointAt(text, at, to))) {
                    found.add(at);
                    found.add(end);
                }
                at = end;
            }
        };
    }

    /** Every occurrence of a text is a match. */
    static Matches literal(String wanted) {
        char[] chars = wanted.toCharArray();
        return (text, from, to, found) -> {
            for (int at = from; at + chars.length <= to; at++) {
                int i = 0;
                while (i < chars.length && text[at + i] == chars[i]) {
                    i++;
                }
                if (i == chars.length && i > 0) {
                    found.add(at);
                    found.add(at + i);
                    at += i - 1;
                }
            }
        };
    }
}
