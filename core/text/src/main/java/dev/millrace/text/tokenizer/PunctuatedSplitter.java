/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.MARK;
import static dev.millrace.text.tokenizer.CharClass.NEWLINE;
import static dev.millrace.text.tokenizer.CharClass.PUNCTUATION;
import static dev.millrace.text.tokenizer.CharClass.SPACE;
import static dev.millrace.text.tokenizer.CharClass.SYMBOL;

/**
 * The last split of DeepSeek V3. As a regular expression, with {@code A} the ASCII punctuation:
 *
 * <pre>
 * A[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 * </pre>
 *
 * What it does not match (digits, control characters) stays together up to the next match.
 */
record PunctuatedSplitter() implements Splitter {

    private static final int WORD = LETTER | MARK;
    private static final int SIGN = PUNCTUATION | SYMBOL;

    @Override
    public int end(char[] text, int from, int to) {
        int end = match(text, from, to);
        if (end >= 0) {
            return end;
        }
        int at = from;
        do {
            at += CharClass.width(text, at, to);
        } while (at < to && match(text, at, to) < 0);
        return at;
    }

    private static int match(char[] text, int from, int to) {
        char c = text[from];
        int bits = CharClass.at(text, from, to);
        if (c < 0x80 && (bits & SIGN) != 0 && from + 1 < to && isAsciiLetter(text[from + 1])) {
            int at = from + 1;
            while (at < to && isAsciiLetter(text[at])) {
                at++;
            }
            return at;
        }
        int behind = from + CharClass.width(text, from, to);
        if ((bits & WORD) != 0
                || ((bits & (NEWLINE | SIGN)) == 0 && (CharClass.at(text, behind, to) & WORD) != 0)) {
            return CharClass.skip(text, behind, to, WORD);
        }
        int start = c == ' ' ? from + 1 : from;
        if ((CharClass.at(text, start, to) & SIGN) != 0) {
            return CharClass.skip(text, CharClass.skip(text, start, to, SIGN), to, NEWLINE);
        }
        return (bits & SPACE) != 0 ? WordSplitter.space(text, from, to) : -1;
    }

    private static boolean isAsciiLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
