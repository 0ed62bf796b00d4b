/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
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
     * @param tokens the tokens that it is made of with how likely they were, if that was asked for
     */
    record Thinking(String text, List<TokenScore> tokens) implements Event {

        /** Copies the list. */
        public Thinking {
            tokens = List.copyOf(tokens);
        }

        /**
         * A piece without its tokens.
         *
         * @param text see {@link #text()}
         */
        public Thinking(String text) {
            this(text, List.of());
        }
    }

    /**
     * The model speaks to the user.
     *
     * @param text a piece of it: whole characters, without tool calls
     * @param tokens the tokens that it is made of with how likely they were, if that was asked for
     */
    record Text(String text, List<TokenScore> tokens) implements Event {

        /** Copies the list. */
        public Text {
            tokens = List.copyOf(tokens);
        }

        /**
         * A piece without its tokens.
         *
         * @param text see {@link #text()}
         */
        public Text(String text) {
            this(text, List.of());
        }
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
     * A tool that runs says how far it is.
     *
     * @param call what was called
     * @param what what is being done now, for people; may be empty
     * @param fraction how much of all is done, 0 to 1; {@link Double#NaN} if nobody can say
     */
    record ToolProgressed(ToolCall call, String what, double fraction) implements Event {
    }

    /**
     * A tool has answered, or its call was refused or could not be understood.
     *
     * @param call what was called, with the arguments that it ran with
     * @param result what the model is told
     */
    record ToolAnswered(ToolCall call, ToolResult result) implements Event {
    }

    /**
     * Which model answers from here on. Told where that is not the same for a whole conversation: of a model that runs elsewhere, at
     * the beginning of each answer and when another model goes on in its place. What was said before stays said.
     *
     * @param model its name
     * @param device where it runs, an id as in {@link Device}
     * @param reason one sentence for people that says why it is another one than before; empty if it is the one that was asked
     */
    record AnsweredBy(String model, String device, String reason) implements Event {
    }

    /**
     * The end.
     *
     * @param reason why it ended
     * @param usage tokens
     * @param timings time
     * @param stopString if it ended by {@link FinishReason#STOP_STRING}, the text that ended it; empty if it ended by something else,
     *     or a model elsewhere did not say by which
     */
    record Finished(FinishReason reason, Usage usage, Timings timings, Optional<String> stopString) implements Event {

        /**
         * An end by something else than a text.
         *
         * @param reason see {@link #reason()}
         * @param usage see {@link #usage()}
         * @param timings see {@link #timings()}
         */
        public Finished(FinishReason reason, Usage usage, Timings timings) {
            this(reason, usage, timings, Optional.empty());
        }
    }
}
