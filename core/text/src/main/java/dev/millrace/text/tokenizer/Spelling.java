/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * What each token reads as.
 *
 * @param bytes the bytes of each id
 * @param lead how many spaces the first token of a text loses, because encoding put them there
 */
record Spelling(Vocabulary bytes, int lead) {
}
