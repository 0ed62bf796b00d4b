/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * What each token reads as.
 *
 * @param bytes the bytes of each id
 * @param lead spaces that are dropped where a text begins, because encoding put them there
 */
record Spelling(Vocabulary bytes, int lead) {

    TokenDecoder decoder() {
        return new TokenDecoder(this);
    }
}
