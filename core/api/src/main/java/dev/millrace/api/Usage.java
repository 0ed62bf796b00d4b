/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * Tokens of one answer, over all its rounds.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param promptTokens tokens that stood before the model in the last round
 * @param cachedTokens of all tokens to be read, those that had been read before and were not read again
 * @param completionTokens tokens that the model generated
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens) {
}
