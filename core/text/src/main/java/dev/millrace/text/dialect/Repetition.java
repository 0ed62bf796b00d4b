/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

/**
 * Drops text that only repeats what has been said: models sometimes write the calls of a closed block a second time, and
 * sometimes open thinking that the prompt has opened already. White space before the repetition is dropped with it.
 */
final class Repetition {

    private final String expected;
    private final int enough;
    private final StringBuilder seen = new StringBuilder();
    private int matched;
    private boolean broken;

    /**
     * Waits for a text.
     *
     * @param repeated what would be said again, not empty
     * @param mark the mark that ends the repetition; at the end of an answer, it may be missing
     */
    Repetition(String repeated, String mark) {
        expected = repeated + mark;
        enough = repeated.length();
    }

    /**
     * Takes characters as long as they may repeat the text. Whole repetitions are dropped, any number of them.
     *
     * @param text a piece of the answer
     * @param from where to begin
     * @return where it stopped: at the end of the piece, or at a character that does not fit
     */
    int take(String text, int from) {
        int at = from;
        for (; at < text.length() && !broken; at++) {
            char c = text.charAt(at);
            if (c == expected.charAt(matched)) {
                matched++;
            } else if (matched > 0 || !Character.isWhitespace(c)) {
                broken = true;
                return at;
            }
            seen.append(c);
            if (matched == expected.length()) {
                matched = 0;
                seen.setLength(0);
            }
        }
        return at;
    }

    /** Whether something else came; what was {@link #held()} is then text like any other. */
    boolean broken() {
        return broken;
    }

    /** What was taken and is not dropped yet. */
    String held() {
        return seen.toString();
    }

    /** What is left at the end of the answer: nothing, if all but the mark was repeated. */
    String rest() {
        return matched >= enough ? "" : held();
    }
}
