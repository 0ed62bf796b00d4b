/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import dev.millrace.api.ToolCall;

/**
 * What a parser finds in an answer, in order.
 *
 * <p>
 * Minor versions may add kinds.
 */
public sealed interface DialectEvent {

    /**
     * More thinking.
     *
     * @param text without the marks around it
     */
    record Thinking(String text) implements DialectEvent {
    }

    /**
     * More text for the user.
     *
     * @param text without marks
     */
    record Text(String text) implements DialectEvent {
    }

    /**
     * A call has begun. {@link CallCompleted} with the same index follows, or a {@link Problem} if the call turns out broken;
     * its index is then not used again. Nothing but {@link CallArguments} comes in between.
     *
     * @param index number of the call within the answer, from 0
     * @param name the tool's name
     */
    record CallStarted(int index, String name) implements DialectEvent {
    }

    /**
     * More of a call's arguments as the model writes them.
     *
     * @param index number of the call within the answer
     * @param text a piece of the source
     */
    record CallArguments(int index, String text) implements DialectEvent {
    }

    /**
     * A call is complete.
     *
     * @param index number of the call within the answer
     * @param call what is called; its id is the index as text, made unique by the engine
     */
    record CallCompleted(int index, ToolCall call) implements DialectEvent {
    }

    /**
     * Something looked like a call and could not be understood. If a call has started and is not complete, it is that one.
     *
     * @param message what is wrong, for the model
     * @param source the text in question
     */
    record Problem(String message, String source) implements DialectEvent {
    }
}
