/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Divides the source of several calls where their quotes or brackets do not add up. A quote ends a string only where something can
 * follow a string: a comma, a semicolon, a colon, a closing bracket or the end. An apostrophe inside a word does not. A closing bracket closes its
 * own kind, with all that was left open inside. Where brackets are left open, the next call begins where nothing else can stand: with
 * a brace behind a comma in an object, or with a name and a parenthesis behind a named argument.
 */
final class BrokenCalls {

    private static final String BRACKETS = "([{";

    /**
     * One call, or what is left of it.
     *
     * @param text its source
     * @param balanced whether each bracket is closed by its own kind
     */
    record Part(String text, boolean balanced) {
    }

    /**
     * An open bracket.
     *
     * @param kind the bracket
     * @param named whether a named argument or a key stands in it
     */
    private record Open(char kind, boolean named) {
    }

    private final String source;
    /** Index of the next character that is no white space, for each character; the length where there is none. */
    private final int[] next;
    private final Deque<Open> open = new ArrayDeque<>();
    /** How many of each kind are open. */
    private final int[] counts = new int[BRACKETS.length()];
    private final List<Part> parts = new ArrayList<>();
    private int begin;
    private boolean mismatch;

    private BrokenCalls(String source) {
        this.source = source;
        next = new int[source.length() + 1];
        next[source.length()] = source.length();
        for (int i = source.length() - 1; i >= 0; i--) {
            next[i] = Character.isWhitespace(source.charAt(i)) ? next[i + 1] : i;
        }
    }

    /**
     * Divides behind each bracket that closes all that are open, and before a call that begins inside a broken one.
     *
     * @param source one or more calls; looked at twice
     * @return its parts, end to end; the source alone if it is not several calls, or if a string still has no end
     */
    static List<Part> divide(String source) {
        BrokenCalls whole = new BrokenCalls(source);
        if (!whole.walk(false)) {
            return List.of(new Part(source, true));
        }
        if (whole.parts.stream().allMatch(Part::balanced)) {
            return List.copyOf(whole.parts);
        }
        BrokenCalls broken = new BrokenCalls(source);
        return broken.walk(true) ? List.copyOf(broken.parts) : List.of(new Part(source, true));
    }

    /** Whether all strings have an end. */
    private boolean walk(boolean bracketsAreMissing) {
        int before = -1; // the last character that counts
        for (int at = 0; at < source.length(); at++) {
            char c = source.charAt(at);
            switch (c) {
                case '\'', '"' -> {
                    at = end(at);
                    if (at < 0) {
                        return false;
                    }
                }
                case '(', '[', '{' -> {
                    if (bracketsAreMissing) {
                        cut(c, at, before);
                    }
                    open.push(new Open(c, false));
                    counts[kind(c)]++;
                }
                case ')', ']', '}' -> close(c, at);
                case '=' -> named('(');
                case ':' -> named('{');
                default -> {
                    // belongs to its part
                }
            }
            if (!Character.isWhitespace(c) && !isName(c)) {
                before = at;
            }
        }
        String rest = source.substring(begin);
        if (!rest.replaceAll("[\\s,;\\])}]+", "").isEmpty()) {
            parts.add(new Part(rest, open.isEmpty() && !mismatch));
        }
        return true;
    }

    /** What stands in the bracket in hand has names. */
    private void named(char bracket) {
        if (!open.isEmpty() && open.peek().kind == bracket) {
            open.pop();
            open.push(new Open(bracket, true));
        }
    }

    /** Ends the part in hand where another call begins: at a bracket, or at the name before it. */
    private void cut(char bracket, int at, int before) {
        Open inside = open.peek();
        boolean comma = before >= 0 && (source.charAt(before) == ',' || source.charAt(before) == ';');
        if (inside == null || !comma || !inside.named || inside.kind != bracket) {
            return;
        }
        boolean nameless = next[before + 1] == at;
        if (bracket == '{' ? nameless : !nameless) {
            mismatch = true;
            part(before + 1);
        }
    }

    private void close(char bracket, int at) {
        char wanted = bracket == ')' ? '(' : bracket == ']' ? '[' : '{';
        if (counts[kind(wanted)] == 0) {
            mismatch |= !open.isEmpty();
            return;
        }
        char closed = 0;
        while (closed != wanted) {
            closed = open.pop().kind;
            counts[kind(closed)]--;
            mismatch |= closed != wanted;
        }
        if (open.isEmpty()) {
            part(at + 1);
        }
    }

    private void part(int end) {
        parts.add(new Part(source.substring(begin, end), !mismatch));
        begin = end;
        open.clear();
        Arrays.fill(counts, 0);
        mismatch = false;
    }

    private static int kind(char bracket) {
        return BRACKETS.indexOf(bracket);
    }

    private static boolean isName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-';
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
                if (after == source.length() || ",;:)]}".indexOf(source.charAt(after)) >= 0) {
                    return at;
                }
            }
        }
        return -1;
    }
}
