/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/**
 * What every guard of tools promises. A guard's tests extend this class and name the guard, calls that it allows and calls that it
 * refuses. A call about which a person is to be asked, or whose arguments the guard changes, counts as allowed.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class ToolGuardContract {

    private static final int DEEP = 200;
    private static final int LONG = 100_000;

    /** For classes that extend this one. */
    protected ToolGuardContract() {
    }

    /**
     * A call of a tool.
     *
     * @param tool what the model was told
     * @param arguments what it asks for
     */
    public record Case(ToolDefinition tool, Map<String, @Nullable Object> arguments) {

        private ToolCall call() {
            return new ToolCall("0", tool.name(), arguments);
        }
    }

    /**
     * The guard under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract ToolGuard guard();

    /**
     * Calls that may run.
     *
     * @return at least one
     */
    protected abstract List<Case> allowed();

    /**
     * Calls that may not run.
     *
     * @return at least one
     */
    protected abstract List<Case> refused();

    /**
     * How long one call may be looked at.
     *
     * @return ten seconds by default
     */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    private Optional<String> judge(Case one) {
        try {
            return assertTimeoutPreemptively(patience(), () -> refusal(guard(), one),
                    () -> "The guard does not"
                            + " come to an end about " + shown(one));
        } catch (RuntimeException e) {
            throw new AssertionError("The guard throws " + e + " about " + shown(one)
                    + ": a call that it cannot judge is refused, with the reason.", e);
        }
    }

    /** Why a call does not run; empty if it may, with whatever arguments and whoever is asked. */
    private static Optional<String> refusal(ToolGuard guard, Case one) throws InterruptedException {
        return guard
                .decide(new ToolRequest("tck-1", "tck", one.tool, one.call())) instanceof ToolDecision.Refuse refused
                        ? Optional.of(refused.reason())
                        : Optional.empty();
    }

    private static String shown(Case one) {
        return AnswerEvents.shown(one.tool.name() + one.arguments);
    }

    @Test
    void whatMayRunIsAllowed() {
        assertFalse(allowed().isEmpty(), "allowed() lists no call.");
        assertAll(allowed().stream()
                .map(one -> () -> assertEquals(Optional.empty(), judge(one), () -> shown(one) + " is refused")));
    }

    @Test
    void whatMayNotRunIsRefusedWithTheReason() {
        assertFalse(refused().isEmpty(), "refused() lists no call.");
        assertAll(refused().stream().map(one -> () -> {
            String reason = judge(one).orElseThrow(() -> new AssertionError(shown(one) + " is allowed."));
            Bench.assertSentence(reason);
            assertEquals(reason, judge(one).orElse(""), "the same call is judged otherwise the second time");
        }));
    }

    @Test
    void oddCallsAreJudgedToo() {
        List<Case> all = new ArrayList<>(allowed());
        all.addAll(refused());
        assertAll(all.stream().flatMap(one -> odd(one).stream()).map(one -> () -> judge(one)
                .ifPresent(
                        reason -> assertFalse(reason.isBlank(), () -> shown(one) + " is refused without a reason"))));
    }

    private static List<Case> odd(Case one) {
        Object nested = "end";
        for (int i = 0; i < DEEP; i++) {
            nested = i % 2 == 0 ? List.of(nested) : Map.of("a", nested);
        }
        List<Case> odd = new ArrayList<>();
        odd.add(new Case(one.tool, Map.of()));
        for (@Nullable
        Object value : Arrays.asList(null, nested, "x".repeat(LONG), "\0\ud83d", Long.MIN_VALUE, 1e-300)) {
            Map<String, @Nullable Object> arguments = new LinkedHashMap<>(one.arguments);
            arguments.replaceAll((name, old) -> value);
            arguments.put("tck_unknown", value);
            odd.add(new Case(one.tool, arguments));
        }
        // tools come from plugins: their schemas may be wrong, too
        for (Map<String, @Nullable Object> schema : List.<Map<String, @Nullable Object>>of(Map.of(), Map.of("type", 7L),
                Map.of("type", "object", "properties", List.of()), Map.of("$ref", "#"), Map.of("$ref", "tck:none"))) {
            odd.add(new Case(new ToolDefinition(one.tool.name(), one.tool.description(), schema), one.arguments));
        }
        return odd;
    }

    @Test
    void conversationsAskAtOnce() throws InterruptedException {
        List<Throwable> problems = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        ToolGuard shared = guard();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    for (Case one : allowed()) {
                        assertEquals(Optional.empty(), refusal(shared, one), () -> shown(one));
                    }
                    for (Case one : refused()) {
                        assertTrue(refusal(shared, one).isPresent(), () -> shown(one));
                    }
                } catch (RuntimeException | AssertionError | InterruptedException e) {
                    synchronized (problems) {
                        problems.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), problems, "Several conversations ask at once and get other answers than alone.");
    }
}
