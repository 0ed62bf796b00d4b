/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;

/**
 * A whole answer.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param text what the model said to the user, over all rounds
 * @param thinking what it thought, over all rounds; empty if it did not
 * @param toolCalls the calls it made, in order, over all rounds
 * @param reason why it ended
 * @param usage tokens
 * @param timings time
 */
public record Answer(String text, String thinking, List<ToolCall> toolCalls, FinishReason reason, Usage usage,
        Timings timings) {

    /** Copies the list. */
    public Answer {
        toolCalls = List.copyOf(toolCalls);
    }
}
