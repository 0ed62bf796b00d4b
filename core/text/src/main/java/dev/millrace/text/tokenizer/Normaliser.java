/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** Rewrites text before it is cut. Stateless. */
@FunctionalInterface
interface Normaliser {

    /**
     * Rewrites a text.
     *
     * @param text well-formed
     * @return the new text
     */
    String apply(String text);
}
