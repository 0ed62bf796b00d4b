/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.function.IntPredicate;

/**
 * Parts runs of certain code points from the text between them.
 *
 * @param member which code points
 * @param least how many make a run
 * @param most how many a run has at most; the next ones begin another
 * @param space whether one white space character before a run belongs to it
 */
record RunSplitter(IntPredicate member, int least, int most, boolean space) implements Splitter {

    static RunSplitter single(IntPredicate member) {
        return new RunSplitter(member, 1, 1, false);
    }

    static RunSplitter runs(IntPredicate member) {
        return new RunSplitter(member, 1, Integer.MAX_VALUE, false);
    }

    static RunSplitter category(int bits, int most) {
        return new RunSplitter(code -> (CharClass.of(code) & bits) != 0, 1, most, false);
    }

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

    private int match(char[] text, int from, int to) {
        int end = run(text, from, to);
        return end < 0 && space && from + 1 < to && CharClass.isSpace(text[from]) ? run(text, from + 1, to) : end;
    }

    private int run(char[] text, int from, int to) {
        int at = from;
        int count = 0;
        while (at < to && count < most && member.test(Character.codePointAt(text, at, to))) {
            at += CharClass.width(text, at, to);
            count++;
        }
        return count < least ? -1 : at;
    }
}
