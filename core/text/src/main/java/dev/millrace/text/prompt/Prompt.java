/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import java.util.List;

/**
 * A rendered conversation.
 *
 * @param ids what the model reads; owned by whoever asked for it
 * @param text the same for people
 * @param insideThinking whether the template's part ends with an open {@code <think>}, so that the answer begins inside thinking
 * @param begun the beginning of the answer that stands behind the template's part; mostly empty
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not compared
public record Prompt(int[] ids, String text, boolean insideThinking, List<Piece> begun) {

    /** Copies the list. */
    public Prompt {
        begun = List.copyOf(begun);
    }

    /**
     * A piece of the beginning of an answer.
     *
     * @param text what it says
     * @param mark whether control tokens in it are meant as such
     */
    public record Piece(String text, boolean mark) {
    }
}
