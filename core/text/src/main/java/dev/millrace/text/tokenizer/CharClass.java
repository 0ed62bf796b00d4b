/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** General categories of Unicode as bits, quick to look up: a table for the basic plane, the JDK's data beyond it. */
final class CharClass {

    static final int UPPER = 1;
    static final int LOWER = 1 << 1;
    static final int TITLE = 1 << 2;
    static final int MODIFIER = 1 << 3;
    static final int OTHER_LETTER = 1 << 4;
    static final int MARK = 1 << 5;
    static final int NUMBER = 1 << 6;
    static final int PUNCTUATION = 1 << 7;
    static final int SYMBOL = 1 << 8;
    /** The property White_Space, which is what {@code \s} means to the reference implementations. */
    static final int SPACE = 1 << 9;
    /** Carriage return or line feed. */
    static final int NEWLINE = 1 << 10;
    static final int LETTER = UPPER | LOWER | TITLE | MODIFIER | OTHER_LETTER;

    private static final short[] BASIC_PLANE = new short[0x10000];

    static {
        for (int code = 0; code < BASIC_PLANE.length; code++) {
            BASIC_PLANE[code] = (short) compute(code);
        }
    }

    private CharClass() {
    }

    /** The bits of a code point. */
    static int of(int code) {
        return code < 0x10000 ? BASIC_PLANE[code] : compute(code);
    }

    /** The bits of the code point that begins at a position; 0 behind the end. */
    static int at(char[] text, int at, int to) {
        if (at >= to) {
            return 0;
        }
        char c = text[at];
        if (Character.isHighSurrogate(c) && at + 1 < to && Character.isLowSurrogate(text[at + 1])) {
            return compute(Character.toCodePoint(c, text[at + 1]));
        }
        return BASIC_PLANE[c];
    }

    /** How many chars the code point has that begins at a position before the end. */
    static int width(char[] text, int at, int to) {
        return Character.isHighSurrogate(text[at]) && at + 1 < to && Character.isLowSurrogate(text[at + 1]) ? 2 : 1;
    }

    /** The end of the run of code points that have any of these bits. */
    static int skip(char[] text, int from, int to, int bits) {
        int at = from;
        while (at < to && (at(text, at, to) & bits) != 0) {
            at += width(text, at, to);
        }
        return at;
    }

    /** The end of the run of code points that have none of these bits. */
    static int skipOthers(char[] text, int from, int to, int bits) {
        int at = from;
        while (at < to && (at(text, at, to) & bits) == 0) {
            at += width(text, at, to);
        }
        return at;
    }

    /** Whether a code point has the property White_Space. */
    static boolean isSpace(int code) {
        return (of(code) & SPACE) != 0;
    }

    private static int compute(int code) {
        int bits = switch (Character.getType(code)) {
            case Character.UPPERCASE_LETTER -> UPPER;
            case Character.LOWERCASE_LETTER -> LOWER;
            case Character.TITLECASE_LETTER -> TITLE;
            case Character.MODIFIER_LETTER -> MODIFIER;
            case Character.OTHER_LETTER -> OTHER_LETTER;
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> MARK;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION ->
                PUNCTUATION;
            case Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL, Character.OTHER_SYMBOL ->
                SYMBOL;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            default -> 0;
        };
        if ((code >= 0x09 && code <= 0x0D) || code == 0x85) {
            bits |= SPACE;
        }
        return code == '\n' || code == '\r' ? bits | NEWLINE : bits;
    }
}
