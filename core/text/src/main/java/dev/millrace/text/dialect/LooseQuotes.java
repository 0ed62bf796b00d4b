/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import java.util.ArrayList;
import java.util.List;

/**
 * Divides the source of several calls where their quotes do not add up. A quote ends a string only where something can follow
 * a string: a comma, a colon, a closing bracket or the end. An apostrophe inside a word does not.
 */
final class LooseQuotes {

    private final String source;
    /** Index of the next character that is no white space, for each character; the length where there is none. */
    private final int[] next;

    private LooseQuotes(String source) {
        this.source = source;
        next = new int[source.length() + 1];
        next[source.length()] = source.length();
        for (int i = source.length() - 1; i >= 0; i--) {
            next[i] = Character.isWhitespace(source.charAt(i)) ? next[i + 1] : i;
        }
    }

    /**
     * Divides behind each bracket that closes all that are open.
     *
     * @param source one or more calls; looked at once
     * @return its parts, end to end; the source alone if it is not several calls, or if a string still has no end
     */
    static List<String> divide(String source) {
        return new LooseQuotes(source).divide();
    }

    private List<String> divide() {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int begin = 0;
        for (int at = 0; at < source.length(); at++) {
            switch (source.charAt(at)) {
                case '\'', '"' -> {
                    at = end(at);
                    if (at < 0) {
                        return List.of(source);
                    }
                }
                case '(', '[', '{' -> depth++;
                case ')', ']', '}' -> {
                    if (depth > 0 && --depth == 0) {
                        parts.add(source.substring(begin, at + 1));
                        begin = at + 1;
                    }
                }
                default -> {
                    // belongs to its part
                }
            }
        }
        String rest = source.substring(begin);
        if (!rest.replaceAll("[\\s,;\\])}]+", "").isEmpty()) {
            parts.add(rest);
        }
        return parts;
    }

    /** Index of the quote that ends a string, or -1. */
    private int end(int start) {
        char quote = source.charAt(start);
        String three = String.valueOf(quote).repeat(3);
        if (source.startsWith(three, start)) {
            int end = source.indexOf(three, start + 3);
            return end < 0 ? -1 : end + 2;
        }
        for (int at = start + 1; at < source.length(); at++) {
            if (source.charAt(at) == '\\') {
                at++;
            } else if (source.charAt(at) == quote) {
                int after = next[at + 1];
                if (after == source.length() || ",:)]}".indexOf(source.charAt(after)) >= 0) {
                    return at;
                }
            }
        }
        return -1;
    }
}
