/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;

/** Asks the user before calls run, for one answer. A call about which nobody says anything does not run. */
final class Approvals implements ToolGuard {

    /** Whoever went away must not hold the place of others for ever. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Question.Consent consent;
    private final BiConsumer<ToolDefinition, ToolCall> ask;
    private final Map<String, CompletableFuture<Optional<String>>> open = new ConcurrentHashMap<>();

    /**
     * A guard.
     *
     * @param ask shows the call to the user
     */
    Approvals(Question.Consent consent, BiConsumer<ToolDefinition, ToolCall> ask) {
        this.consent = consent;
        this.ask = ask;
    }

    @Override
    public Optional<String> refuse(ToolDefinition tool, ToolCall call) {
        if (!consent.needed(tool.name())) {
            return Optional.empty();
        }
        CompletableFuture<Optional<String>> decision = new CompletableFuture<>();
        open.put(call.id(), decision);
        try {
            ask.accept(tool, call);
            return decision.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return Optional.of("The user was asked and did not answer.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("The answer was stopped before the user decided.");
        } catch (ExecutionException e) {
            throw new IllegalStateException("Nobody fails a decision.", e);
        } finally {
            open.remove(call.id());
        }
    }

    /**
     * The user has decided.
     *
     * @param refusal empty to allow
     * @return whether the call was waiting for it
     */
    boolean decide(String call, Optional<String> refusal) {
        CompletableFuture<Optional<String>> decision = open.get(call);
        return decision != null && decision.complete(refusal);
    }
}
