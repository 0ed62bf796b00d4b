/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** One step that cuts pieces into smaller ones, or rewrites them. Stateless. */
@FunctionalInterface
interface PreTokenizer {

    /**
     * Cuts pieces.
     *
     * @param pieces what earlier steps left
     * @return the new pieces; possibly of another text
     */
    Pieces apply(Pieces pieces);
}
