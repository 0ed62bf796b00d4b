/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.function.IntPredicate;

/** Parts runs of certain code points from the text between them. */
final class RunSplitter implements Splitter {

    private final IntPredicate member;
    /** The predicate's answers for the basic plane, one bit each, because a call per char is slow. */
    private final long[] basicPlane = new long[0x10000 >> 6];
    private final int least;
    private final int most;
    private final boolean space;

    /**
     * A splitter.
     *
     * @param member which code points
     * @param least how many make a run
     * @param most how many a run has at most; the next ones begin another
     * @param space whether one white space character before a run belongs to it
     */
    RunSplitter(IntPredicate member, int least, int most, boolean space) {
        this.member = member;
        this.least = least;
        this.most = most;
        this.space = space;
        for (int code = 0; code < 0x10000; code++) {
            if (member.test(code)) {
                basicPlane[code >> 6] |= 1L << (code & 63);
            }
        }
    }

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
        } while (at < to && !begins(text, at, to));
        return at;
    }

    /** Whether a match begins here; quicker than finding its end. */
    private boolean begins(char[] text, int at, int to) {
        if (least > 1) {
            return match(text, at, to) >= 0;
        }
        return isMember(text, at, to)
                || (space && at + 1 < to && CharClass.isSpace(text[at]) && isMember(text, at + 1, to));
    }

    private int match(char[] text, int from, int to) {
        int end = run(text, from, to);
        return end < 0 && space && from + 1 < to && CharClass.isSpace(text[from]) ? run(text, from + 1, to) : end;
    }

    private int run(char[] text, int from, int to) {
        int at = from;
        int count = 0;
        while (at < to && count < most && isMember(text, at, to)) {
            at += CharClass.width(text, at, to);
            count++;
        }
        return count < least ? -1 : at;
    }

    private boolean isMember(char[] text, int at, int to) {
        char c = text[at];
        if (Character.isHighSurrogate(c)) {
            return member.test(Character.codePointAt(text, at, to));
        }
        return (basicPlane[c >> 6] >>> (c & 63) & 1) != 0;
    }
}
