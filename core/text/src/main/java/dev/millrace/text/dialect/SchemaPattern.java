/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Regular expressions of schemas, as Java runs them, for a bounded number of steps: some backtrack without end. */
final class SchemaPattern {

    private static final int LONGEST = 2000;

    private SchemaPattern() {
    }

    /**
     * Whether a part of a text matches.
     *
     * @param pattern a regular expression of ECMAScript
     * @param text any text
     * @param most looks at a character
     * @return empty if that cannot be told: Java reads the expression in another way, or it takes too long
     */
    static Optional<Boolean> matches(String pattern, String text, int most) {
        // in a class, Java reads these as a class inside and as what two classes share
        if (pattern.length() > LONGEST || pattern.matches("(?s).*(?:\\[[^]]*\\[|&&).*")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Pattern.compile(pattern).matcher(new Counted(text, most)).find());
        } catch (PatternSyntaxException | TooLong | StackOverflowError e) {
            return Optional.empty();
        }
    }

    private static final class Counted implements CharSequence {

        private final String text;
        private int left;

        Counted(String text, int left) {
            this.text = text;
            this.left = left;
        }

        @Override
        public char charAt(int index) {
            if (--left < 0) {
                throw new TooLong();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class TooLong extends RuntimeException {

        private static final long serialVersionUID = 1;

        TooLong() {
            super("too many steps", null, false, false);
        }
    }
}
