/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * How far a model has read its prompt.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param tokens of the whole prompt, 1 or more
 * @param cachedTokens of these, those that had been read before this answer
 * @param readTokens of all, those that are read by now, {@code cachedTokens} to {@code tokens}
 */
public record PromptProgress(int tokens, int cachedTokens, int readTokens) {
}
