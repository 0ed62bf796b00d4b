/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.regex.RegularExpressions;
import java.util.regex.Pattern;

/** A regular expression of a schema, as Java runs it, with its steps counted: some of them backtrack without end. */
final class CountedRegex implements RegularExpression {

    private final Pattern pattern;
    private final Budget budget;

    CountedRegex(String regex, Budget budget) {
        // what the library itself does for Java
        this.pattern = Pattern
                .compile(RegularExpressions.replaceLongformCharacterProperties(
                        RegularExpressions.replaceDollarAnchors(regex)));
        this.budget = budget;
    }

    @Override
    public boolean matches(String text) {
        return pattern.matcher(new Counted(text, budget)).find();
    }

    /** A text that takes a step for each look at a character. */
    private record Counted(String text, Budget budget) implements CharSequence {

        @Override
        public char charAt(int index) {
            budget.step();
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
}
