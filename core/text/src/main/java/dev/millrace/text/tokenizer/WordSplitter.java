/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.NEWLINE;
import static dev.millrace.text.tokenizer.CharClass.NUMBER;
import static dev.millrace.text.tokenizer.CharClass.SPACE;

/**
 * The split that Llama 3 made popular, with the parameters in which its descendants differ. As a regular expression, with
 * {@code L} the letters of a word, {@code D} the number of digits:
 *
 * <pre>
 * (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?L+|\p{N}{1,D}| ?[^\s L \p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 * </pre>
 *
 * @param contractions whether {@code 's} and its like are separate pre-tokens
 * @param digits how many digits a pre-token has at most
 * @param word categories that make up a word
 * @param newlines whether newlines stay with the punctuation before them
 */
record WordSplitter(boolean contractions, int digits, int word, boolean newlines) implements Splitter {

    /** As many digits as there are. */
    static final int ANY = Integer.MAX_VALUE;

    @Override
    public int end(char[] text, int from, int to) {
        char c = text[from];
        if (contractions && c == '\'') {
            int end = contraction(text, from, to);
            if (end > 0) {
                return end;
            }
        }
        int bits = CharClass.at(text, from, to);
        int width = CharClass.width(text, from, to);
        if ((bits & word) != 0) {
            return CharClass.skip(text, from + width, to, word);
        }
        if ((bits & (LETTER | NUMBER | NEWLINE)) == 0 && (CharClass.at(text, from + width, to) & word) != 0) {
            return CharClass.skip(text, from + width, to, word);
        }
        if ((bits & NUMBER) != 0) {
            int at = from;
            for (int n = 0; n < digits && (CharClass.at(text, at, to) & NUMBER) != 0; n++) {
                at += CharClass.width(text, at, to);
            }
            return at;
        }
        int others = SPACE | NUMBER | word;
        int start = c == ' ' ? from + 1 : from;
        if (start < to && (CharClass.at(text, start, to) & others) == 0) {
            int at = CharClass.skipOthers(text, start, to, others);
            return newlines ? CharClass.skip(text, at, to, NEWLINE) : at;
        }
        return space(text, from, to);
    }

    /** The end of {@code 's|'t|'re|'ve|'m|'ll|'d} in any case (U+017F is an s, too), or -1. */
    static int contraction(char[] text, int from, int to) {
        if (from + 1 >= to) {
            return -1;
        }
        int first = lower(text[from + 1]);
        int second = from + 2 < to ? lower(text[from + 2]) : 0;
        return switch (first) {
            case 's', 't', 'm', 'd' -> from + 2;
            case 'r', 'v' -> second == 'e' ? from + 3 : -1;
            case 'l' -> second == 'l' ? from + 3 : -1;
            default -> -1;
        };
    }

    private static int lower(char c) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c == '\u017F' ? 's' : c;
    }

    /** The end of white space by {@code \s*[\r\n]+|\s+(?!\S)|\s+}. */
    static int space(char[] text, int from, int to) {
        int end = from;
        int newline = -1;
        while (end < to) {
            int bits = CharClass.of(text[end]);
            if ((bits & SPACE) == 0) {
                break;
            }
            end++;
            if ((bits & NEWLINE) != 0) {
                newline = end;
            }
        }
        if (newline > 0) {
            return newline;
        }
        return leaveOne(from, end, to);
    }

    /** The end of white space by {@code \s+(?!\S)|\s+}: before a word, the last space is left to the word. */
    static int leaveOne(int from, int end, int to) {
        return end < to && end - from > 1 ? end - 1 : end;
    }
}
