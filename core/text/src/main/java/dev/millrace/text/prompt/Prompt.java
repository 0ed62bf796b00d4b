/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

/**
 * A rendered conversation.
 *
 * @param ids what the model reads; owned by whoever asked for it
 * @param text the same for people
 * @param insideThinking whether it ends with an open {@code <think>}, so that the answer begins inside thinking
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not compared
public record Prompt(int[] ids, String text, boolean insideThinking) {
}
