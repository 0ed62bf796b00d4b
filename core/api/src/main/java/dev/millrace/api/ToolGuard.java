/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Optional;
import java.util.function.BiFunction;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides whether a call may run: rights, limits, a person's consent. Registered for all conversations, or given to one.
 *
 * <pre>{@code
 * ToolGuard night = request -> request.name().equals("open_gate")
 *         ? ToolDecision.refuse("The gate stays shut at night.")
 *         : ToolDecision.ALLOW;
 * }</pre>
 */
@ConsumerType
@FunctionalInterface
public interface ToolGuard {

    /**
     * Looks at a call before it runs. May wait; interrupted when the answer is cancelled. Called by several conversations at once, and
     * more than once for one call if another guard changes its arguments. A call about which it throws does not run, and the model
     * is told the message as a tool error.
     *
     * @param request what is called, by whom and for whom
     * @return whether it may run
     * @throws InterruptedException if interrupted while waiting
     */
    ToolDecision decide(ToolRequest request) throws InterruptedException;

    /**
     * A guard that allows or refuses, and needs no more than the tool and the call for it.
     *
     * @param reason gives why a call does not run, in a sentence for the model; empty allows it
     * @return the guard
     */
    static ToolGuard refusing(BiFunction<ToolDefinition, ToolCall, Optional<String>> reason) {
        return request -> reason.apply(request.tool(), request.call()).map(ToolDecision::refuse)
                .orElse(ToolDecision.ALLOW);
    }
}
