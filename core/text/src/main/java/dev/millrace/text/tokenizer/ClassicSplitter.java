/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.NUMBER;
import static dev.millrace.text.tokenizer.CharClass.SPACE;

/**
 * The split of GPT-2. As a regular expression:
 *
 * <pre>
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 * </pre>
 */
record ClassicSplitter() implements Splitter {

    @Override
    public int end(char[] text, int from, int to) {
        char c = text[from];
        if (c == '\'') {
            int end = contraction(text, from, to);
            if (end > 0) {
                return end;
            }
        }
        int start = c == ' ' && from + 1 < to ? from + 1 : from;
        int bits = CharClass.at(text, start, to);
        if ((bits & LETTER) != 0) {
            return CharClass.skip(text, start, to, LETTER);
        }
        if ((bits & NUMBER) != 0) {
            return CharClass.skip(text, start, to, NUMBER);
        }
        if ((bits & SPACE) == 0) {
            return CharClass.skipOthers(text, start, to, SPACE | LETTER | NUMBER);
        }
        return WordSplitter.leaveOne(from, CharClass.skip(text, from, to, SPACE), to);
    }

    private static int contraction(char[] text, int from, int to) {
        char first = from + 1 < to ? text[from + 1] : 0;
        char second = from + 2 < to ? text[from + 2] : 0;
        return switch (first) {
            case 's', 't', 'm', 'd' -> from + 2;
            case 'r', 'v' -> second == 'e' ? from + 3 : -1;
            case 'l' -> second == 'l' ? from + 3 : -1;
            default -> -1;
        };
    }
}
