/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** Pre-tokens: ranges of a text, in order. What lies between them is dropped. For one thread. */
final class Pieces {

    private final char[] text;
    private final IntList bounds = new IntList(16);
    /** Whether the text is what the user's text begins with. */
    private final boolean first;

    Pieces(char[] text, boolean first) {
        this.text = text;
        this.first = first;
    }

    /** The whole text as one piece. */
    static Pieces whole(char[] text, int from, int to, boolean first) {
        Pieces pieces = new Pieces(text, first);
        pieces.add(from, to);
        return pieces;
    }

    /** Adds a piece, unless it is empty. */
    void add(int from, int to) {
        if (from < to) {
            bounds.add(from);
            bounds.add(to);
        }
    }

    char[] text() {
        return text;
    }

    boolean first() {
        return first;
    }

    int count() {
        return bounds.size() >> 1;
    }

    int from(int piece) {
        return bounds.get(2 * piece);
    }

    int to(int piece) {
        return bounds.get(2 * piece + 1);
    }
}
