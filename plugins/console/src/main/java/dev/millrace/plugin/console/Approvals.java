/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/** Asks the user before calls run, for one answer. A call about which nobody says anything does not run. */
final class Approvals implements ToolApprover {

    /** Whoever went away must not hold the place of others for ever. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Question.Consent consent;
    private final Asked asked;
    private final Map<String, CompletableFuture<ToolApproval>> open = new ConcurrentHashMap<>();

    /** Shows a call to the user. */
    @FunctionalInterface
    interface Asked {

        /**
         * Shows it.
         *
         * @param question why somebody has to decide; empty if the user wants it so
         */
        void about(ToolRequest request, String question);
    }

    Approvals(Question.Consent consent, Asked asked) {
        this.consent = consent;
        this.asked = asked;
    }

    /** Has the user asked about the calls that need it by the settings of the page. */
    ToolGuard guard() {
        return request -> consent.needed(request.tool()) ? ToolDecision.ask("", PATIENCE) : ToolDecision.ALLOW;
    }

    @Override
    public ToolApproval ask(ToolRequest request, String question, Duration patience) throws InterruptedException {
        CompletableFuture<ToolApproval> decision = new CompletableFuture<>();
        open.put(request.call().id(), decision);
        try {
            asked.about(request, question);
            return decision.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("Nobody fails a decision.", e);
        } finally {
            open.remove(request.call().id());
        }
    }

    /**
     * The user has decided.
     *
     * @return whether the call was waiting for it
     */
    boolean decide(String call, ToolApproval approval) {
        CompletableFuture<ToolApproval> decision = open.get(call);
        return decision != null && decision.complete(approval);
    }
}
