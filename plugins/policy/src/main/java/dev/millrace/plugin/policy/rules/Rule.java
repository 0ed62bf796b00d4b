/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.rules;

import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * One rule. It is about a call if all its conditions hold.
 *
 * @param line where it stands, for messages; 1 or more
 * @param action what it says
 * @param names patterns of tools' names, of which one has to fit
 * @param hints what the tool has to say of itself
 * @param silent whether the tool has to say nothing of itself
 * @param users patterns of users' names, of which one has to fit; empty for all
 * @param patience how long a person may take to answer
 * @param rate how many calls it lets through
 * @param time how long a call may take
 * @param characters the most of a result that the model reads
 * @param reason in a sentence, for the model and the person; may be empty
 */
public record Rule(int line, Action action, List<Pattern> names, List<ToolHint> hints, boolean silent,
        List<Pattern> users, Duration patience, Optional<Rate> rate, Optional<Duration> time, OptionalInt characters,
        String reason) {

    /** What a rule says. */
    public enum Action {
        /** The call runs. */
        ALLOW,
        /** A person decides. */
        ASK,
        /** The call does not run. */
        DENY,
        /** Whatever else is decided, calls are limited. */
        LIMIT
    }

    /** Copies the lists. */
    public Rule {
        names = List.copyOf(names);
        hints = List.copyOf(hints);
        users = List.copyOf(users);
    }

    /**
     * Whether it is about a call.
     *
     * @param request the call
     * @return true if all its conditions hold
     */
    public boolean isAbout(ToolRequest request) {
        return fits(names, request.name()) && request.hints().containsAll(hints)
                && (!silent || request.hints().isEmpty()) && (users.isEmpty() || fits(users, request.user()));
    }

    private static boolean fits(List<Pattern> patterns, String name) {
        return patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
    }
}
