/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.LOWER;
import static dev.millrace.text.tokenizer.CharClass.MARK;
import static dev.millrace.text.tokenizer.CharClass.MODIFIER;
import static dev.millrace.text.tokenizer.CharClass.NEWLINE;
import static dev.millrace.text.tokenizer.CharClass.NUMBER;
import static dev.millrace.text.tokenizer.CharClass.OTHER_LETTER;
import static dev.millrace.text.tokenizer.CharClass.SPACE;
import static dev.millrace.text.tokenizer.CharClass.TITLE;
import static dev.millrace.text.tokenizer.CharClass.UPPER;

/**
 * The split of GPT-4o and Tekken, which parts words where a capital follows a small letter. As a regular expression, with
 * {@code U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]}, {@code D = [\p{Ll}\p{Lm}\p{Lo}\p{M}]} and {@code C} the optional contractions:
 *
 * <pre>
 * [^\r\n\p{L}\p{N}]?U*D+C?|[^\r\n\p{L}\p{N}]?U+D*C?|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
 * </pre>
 *
 * @param contractions whether {@code 's} and its like stay with their word
 * @param digits how many digits a pre-token has at most
 */
record CasedSplitter(boolean contractions, int digits) implements Splitter {

    private static final int CASELESS = MODIFIER | OTHER_LETTER | MARK;
    private static final int FIRST = UPPER | TITLE | CASELESS;
    private static final int SECOND = LOWER | CASELESS;

    @Override
    public int end(char[] text, int from, int to) {
        int bits = CharClass.at(text, from, to);
        boolean prefix = (bits & (LETTER | NUMBER | NEWLINE)) == 0;
        int behind = from + CharClass.width(text, from, to);
        int end = prefix ? small(text, behind, to) : -1;
        if (end < 0) {
            end = small(text, from, to);
        }
        if (end < 0 && prefix) {
            end = capitals(text, behind, to);
        }
        if (end < 0) {
            end = capitals(text, from, to);
        }
        if (end >= 0) {
            int more = contractions && end < to && text[end] == '\'' ? WordSplitter.contraction(text, end, to) : -1;
            return more > 0 ? more : end;
        }
        if ((bits & NUMBER) != 0) {
            int at = from;
            for (int n = 0; n < digits && (CharClass.at(text, at, to) & NUMBER) != 0; n++) {
                at += CharClass.width(text, at, to);
            }
            return at;
        }
        int start = text[from] == ' ' ? from + 1 : from;
        if (start < to && (CharClass.at(text, start, to) & (SPACE | LETTER | NUMBER)) == 0) {
            int at = CharClass.skipOthers(text, start, to, SPACE | LETTER | NUMBER);
            while (at < to && (text[at] == '\r' || text[at] == '\n' || text[at] == '/')) {
                at++;
            }
            return at;
        }
        return WordSplitter.space(text, from, to);
    }

    /** The end of {@code U*D+}, or -1. */
    private static int small(char[] text, int from, int to) {
        int at = from;
        int caseless = -1;
        while (at < to) {
            int bits = CharClass.at(text, at, to);
            if ((bits & FIRST) == 0) {
                break;
            }
            at += CharClass.width(text, at, to);
            if ((bits & CASELESS) != 0) {
                caseless = at;
            }
        }
        if ((CharClass.at(text, at, to) & LOWER) != 0) {
            return CharClass.skip(text, at, to, SECOND);
        }
        // the greedy U* gives back until a letter without case can stand for D+
        return caseless;
    }

    /** The end of {@code U+D*} where {@code U*D+} has failed, or -1. */
    private static int capitals(char[] text, int from, int to) {
        int end = CharClass.skip(text, from, to, FIRST);
        return end > from ? end : -1;
    }
}
