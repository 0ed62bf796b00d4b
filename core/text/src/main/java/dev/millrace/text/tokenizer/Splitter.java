/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** Cuts text into pre-tokens that cover it without a gap. Looks at nothing outside its range. Stateless. */
@FunctionalInterface
interface Splitter {

    /**
     * Where the first pre-token ends.
     *
     * @param text well-formed UTF-16
     * @param from where the pre-token begins
     * @param to behind the last char of the range, greater than from
     * @return an index greater than from, at most to, between code points
     */
    int end(char[] text, int from, int to);
}
