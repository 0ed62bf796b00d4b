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
 * @param draftedTokens tokens that were guessed, since the text had them before, and read with the one before them
 * @param acceptedTokens of the drafted ones, those that turned out to be what the model generates
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens, int draftedTokens, int acceptedTokens) {

    /**
     * Usage of an answer in which nothing was guessed.
     *
     * @param promptTokens tokens that stood before the model in the last round
     * @param cachedTokens of all tokens to be read, those that had been read before
     * @param completionTokens tokens that the model generated
     */
    public Usage(int promptTokens, int cachedTokens, int completionTokens) {
        this(promptTokens, cachedTokens, completionTokens, 0, 0);
    }
}
