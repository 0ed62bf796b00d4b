/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

/**
 * A piece of template source.
 *
 * @param kind what it is
 * @param text data, name, operator, or the value of a string; digits of a number without underscores
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, int line) {

    enum Kind {
        DATA, BLOCK_BEGIN, BLOCK_END, PRINT_BEGIN, PRINT_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END
    }

    boolean is(Kind other, String word) {
        return kind == other && text.equals(word);
    }

    boolean operator(String sign) {
        return is(Kind.OPERATOR, sign);
    }

    boolean name(String word) {
        return is(Kind.NAME, word);
    }

    /** For messages. */
    String shown() {
        return switch (kind) {
            case END -> "the end of the template";
            case BLOCK_END -> "the end of the block";
            case PRINT_END -> "the end of the print statement";
            case DATA, BLOCK_BEGIN, PRINT_BEGIN -> "text";
            case NAME, STRING, INTEGER, FLOAT, OPERATOR ->
                "'" + (text.length() > 40 ? text.substring(0, 40) + "..." : text)
                        + "'";
        };
    }
}
