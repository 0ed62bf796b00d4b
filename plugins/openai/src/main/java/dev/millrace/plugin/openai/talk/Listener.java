/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.PromptProgress;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import java.io.IOException;
import java.util.List;

/** Told what a model says, piece by piece, on the thread of the request. An exception ends the answer. */
public interface Listener {

    /**
     * The request is good and has a place; the answer may still take its time.
     *
     * @param promptTokens that the model reads
     */
    default void begun(int promptTokens) throws IOException {
    }

    /** The prompt is being read. Not told by models that run elsewhere, nor between two beats. */
    default void reading(PromptProgress progress) throws IOException {
    }

    /** A piece of thinking. */
    void thinking(String piece) throws IOException;

    /** A piece of what is said to the user. */
    void text(String piece) throws IOException;

    /** A piece of what is said to the user, with how likely its tokens were, if that was asked for. */
    default void text(String piece, List<TokenScore> tokens) throws IOException {
        text(piece);
    }

    /** A whole call; its id is unique over all requests. */
    void called(ToolCall call) throws IOException;
}
