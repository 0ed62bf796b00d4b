/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What a {@link ToolGuard} says of a call. Minor versions may add kinds of decisions. */
public sealed interface ToolDecision {

    /** The call may run, as far as this guard is concerned. */
    ToolDecision ALLOW = new Allow(Optional.empty(), OptionalInt.empty());

    /**
     * The call may run. Where several guards set limits, the narrowest holds.
     *
     * @param time how long it may take; empty sets no limit
     * @param characters the most of its result that the model reads; empty sets no limit
     */
    record Allow(Optional<Duration> time, OptionalInt characters) implements ToolDecision {

        /**
         * Checks the limits.
         *
         * @throws IllegalArgumentException if a limit leaves nothing
         */
        public Allow {
            if (time.isPresent() && !time.get().isPositive()) {
                throw new IllegalArgumentException("A call needs time, more than " + time.get() + ".");
            }
            if (characters.isPresent() && characters.getAsInt() < 1) {
                throw new IllegalArgumentException(
                        "A result has 1 character or more, not " + characters.getAsInt() + ".");
            }
        }
    }

    /**
     * The call does not run.
     *
     * @param reason why not in a sentence, which the model is told as a tool error
     */
    record Refuse(String reason) implements ToolDecision {
    }

    /**
     * The call may run with other arguments. They are checked against the tool's schema, and then all guards are asked again. The
     * model is told with which arguments the tool ran.
     *
     * @param arguments all of them, name to value
     * @param reason why they were changed, in a sentence
     */
    record Change(Map<String, @Nullable Object> arguments, String reason) implements ToolDecision {

        /** Copies the map. */
        public Change {
            arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
        }
    }

    /**
     * The call runs if a person allows it. The person is asked when all guards have spoken, and once for all of them.
     *
     * @param question for the person: why somebody has to decide, in a sentence; may be empty
     * @param patience how long the person may take; after that the call does not run
     */
    record Ask(String question, Duration patience) implements ToolDecision {

        /**
         * Checks the time.
         *
         * @throws IllegalArgumentException if the time is not positive
         */
        public Ask {
            if (!patience.isPositive()) {
                throw new IllegalArgumentException("A person needs time, more than " + patience + ".");
            }
        }
    }

    /**
     * The call does not run.
     *
     * @param reason why not in a sentence, which the model is told as a tool error
     * @return the decision
     */
    static ToolDecision refuse(String reason) {
        return new Refuse(reason);
    }

    /**
     * The call may run with other arguments.
     *
     * @param arguments all of them, name to value
     * @param reason why they were changed, in a sentence
     * @return the decision
     */
    static ToolDecision change(Map<String, @Nullable Object> arguments, String reason) {
        return new Change(arguments, reason);
    }

    /**
     * The call runs if a person allows it.
     *
     * @param question for the person: why somebody has to decide, in a sentence; may be empty
     * @param patience how long the person may take
     * @return the decision
     */
    static ToolDecision ask(String question, Duration patience) {
        return new Ask(question, patience);
    }
}
