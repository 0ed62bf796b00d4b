/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.OptionalInt;

/** Finds tokens as the file spells them. */
@FunctionalInterface
interface TokenNames {

    /**
     * The id of a token.
     *
     * @param spelling as in the file
     * @return its id, or empty
     */
    OptionalInt id(String spelling);
}
