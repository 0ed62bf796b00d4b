/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happens while an answer is generated, in order.
 *
 * <p>
 * Minor versions may add kinds.
 */
public sealed interface Event {

    /**
     * The model thinks aloud.
     *
     * @param text a piece of it: whole characters, without the marks around it
     */
    record Thinking(String text) implements Event {
    }

    /**
     * The model speaks to the user.
     *
     * @param text a piece of it: whole characters, without tool calls
     */
    record Text(String text) implements Event {
    }

    /**
     * The model calls a tool. If the conversation runs that tool, the matching {@link ToolAnswered} follows.
     *
     * @param call what it calls
     */
    record ToolCalled(ToolCall call) implements Event {

        /**
         * The tool's name.
         *
         * @return the name
         */
        public String name() {
            return call.name();
        }

        /**
         * The arguments.
         *
         * @return name to value, in the order of the call
         */
        public Map<String, @Nullable Object> arguments() {
            return call.arguments();
        }
    }

    /**
     * A tool has answered, or its call was refused or could not be understood.
     *
     * @param call what was called
     * @param result what the model is told
     */
    record ToolAnswered(ToolCall call, ToolResult result) implements Event {
    }

    /**
     * The end.
     *
     * @param reason why it ended
     * @param usage tokens
     * @param timings time
     */
    record Finished(FinishReason reason, Usage usage, Timings timings) implements Event {
    }
}
