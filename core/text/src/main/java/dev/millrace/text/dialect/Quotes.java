/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

/**
 * Tells, character by character, what stands inside a string: in single or double quotes, once or three times, with
 * escapes by backslash. That holds for Python and for JSON.
 */
final class Quotes {

    private enum State {
        OUTSIDE, OPENED, EMPTY, ONCE, THRICE
    }

    private State state = State.OUTSIDE;
    private char quote;
    private int closing;
    private boolean escaped;

    /** Whether a string is open. */
    boolean isInside() {
        return state != State.OUTSIDE && state != State.EMPTY;
    }

    /**
     * Takes the next character.
     *
     * @return whether it belongs to a string, its quotes included
     */
    boolean take(char c) {
        switch (state) {
            case OUTSIDE -> {
                if (c != '\'' && c != '"') {
                    return false;
                }
                quote = c;
                escaped = false;
                state = State.OPENED;
            }
            case OPENED -> {
                if (c == quote) {
                    state = State.EMPTY;
                } else {
                    state = State.ONCE;
                    escaped = c == '\\';
                }
            }
            case EMPTY -> {
                if (c != quote) {
                    state = State.OUTSIDE;
                    return take(c);
                }
                closing = 0;
                state = State.THRICE;
            }
            case ONCE -> {
                if (escaped) {
                    escaped = false;
                } else if (c == quote) {
                    state = State.OUTSIDE;
                } else {
                    escaped = c == '\\';
                }
            }
            case THRICE -> {
                if (escaped) {
                    escaped = false;
                } else if (c == quote) {
                    if (++closing == 3) {
                        state = State.OUTSIDE;
                    }
                } else {
                    closing = 0;
                    escaped = c == '\\';
                }
            }
        }
        return true;
    }
}
