/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.rules;

import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Decides by rules. The first of allow, ask and deny that is about a call decides; limits hold together. Safe for use from any thread. */
public final class Policy {

    private final List<Rule> rules;
    private final InstantSource clock;

    /**
     * A policy.
     *
     * @param rules in their order
     * @param clock tells the time for rates
     */
    public Policy(List<Rule> rules, InstantSource clock) {
        this.rules = List.copyOf(rules);
        this.clock = clock;
    }

    /**
     * Whether a call may run, as far as actions and rates are concerned.
     *
     * @param request the call
     * @return the decision; what no rule is about may run
     */
    public ToolDecision decide(ToolRequest request) {
        Optional<Rule> first = rules.stream()
                .filter(rule -> rule.action() != Rule.Action.LIMIT && rule.isAbout(request)).findFirst();
        if (first.isPresent() && first.get().action() == Rule.Action.DENY) {
            String reason = first.get().reason();
            return ToolDecision.refuse(reason.isEmpty()
                    ? "A rule of this machine does not allow calls of " + request.name() + "."
                    : reason);
        }
        Optional<String> tooOften = tooOften(request);
        if (tooOften.isPresent()) {
            return ToolDecision.refuse(tooOften.get());
        }
        return first.filter(rule -> rule.action() == Rule.Action.ASK)
                .map(rule -> ToolDecision.ask(rule.reason(), rule.patience())).orElse(ToolDecision.ALLOW);
    }

    private Optional<String> tooOften(ToolRequest request) {
        Instant now = clock.instant();
        for (Rule rule : rules) {
            if (rule.rate().isPresent() && rule.isAbout(request)) {
                Rate rate = rule.rate().get();
                Optional<Duration> wait = rate.take(request.conversation() + " " + request.call().id(), now);
                if (wait.isPresent()) {
                    return Optional.of((rule.reason().isEmpty() ? "" : rule.reason() + " ") + request.name()
                            + " may be called " + rate + "; it may be called again in "
                            + Durations.shown(wait.get()) + ".");
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The limits of a call.
     *
     * @param request the call
     * @return the narrowest of all rules that are about it
     */
    public ToolDecision limits(ToolRequest request) {
        Optional<Duration> time = Optional.empty();
        OptionalInt characters = OptionalInt.empty();
        for (Rule rule : rules) {
            if (rule.isAbout(request)) {
                if (rule.time().isPresent() && (time.isEmpty() || rule.time().get().compareTo(time.get()) < 0)) {
                    time = rule.time();
                }
                if (rule.characters().isPresent() && (characters.isEmpty()
                        || rule.characters().getAsInt() < characters.getAsInt())) {
                    characters = rule.characters();
                }
            }
        }
        return new ToolDecision.Allow(time, characters);
    }
}
