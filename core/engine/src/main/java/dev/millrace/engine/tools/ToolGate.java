/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolReport.Verdict;
import dev.millrace.api.ToolRequest;
import dev.millrace.text.dialect.ToolArguments;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Asks guards about a call, and a person if one of them wants it. All guards see the arguments with which the call runs in the end: if
 * one changes them, all are asked again. The person is asked last, and sees what will run. Safe for use from any thread.
 */
public final class ToolGate {

    private static final System.Logger LOG = System.getLogger(ToolGate.class.getName());

    /** Guards that change each other's changes never agree. */
    private static final int MOST_CHANGES = 8;

    private final Supplier<List<ToolGuard>> guards;
    private final ThreadFactory threads;

    /**
     * A gate.
     *
     * @param guards who decides, at any time
     * @param threads makes the thread on which a person is waited for
     */
    public ToolGate(Supplier<List<ToolGuard>> guards, ThreadFactory threads) {
        this.guards = guards;
        this.threads = threads;
    }

    /** What the guards said of a call in one round. */
    private static final class Round {

        private Optional<Duration> time = Optional.empty();
        private OptionalInt characters = OptionalInt.empty();
        private final List<ToolDecision.Ask> asks = new ArrayList<>();

        void limit(Optional<Duration> limit) {
            time = time.isEmpty() || (limit.isPresent() && limit.get().compareTo(time.get()) < 0) ? limit : time;
        }

        void limit(OptionalInt most) {
            characters = characters.isEmpty()
                    || (most.isPresent() && most.getAsInt() < characters.getAsInt()) ? most : characters;
        }
    }

    /**
     * Decides. Whatever a guard throws refuses the call.
     *
     * @param request a call whose arguments fit
     * @param approver asks a person
     * @return what was decided
     * @throws InterruptedException if interrupted while a guard or a person was waited for
     */
    public Admission admit(ToolRequest request, ToolApprover approver) throws InterruptedException {
        Instant begun = Instant.now();
        long start = System.nanoTime();
        ToolRequest now = request;
        String why = "";
        for (int changes = 0; changes <= MOST_CHANGES; changes++) {
            Round round = new Round();
            round.limit(now.tool().timeLimit());
            ToolDecision end = ask(now, round);
            if (end instanceof ToolDecision.Refuse refusal) {
                return decided(now, request.call(), Verdict.REFUSED, refusal.reason(), round, Optional.empty(), begun,
                        start);
            }
            if (end instanceof ToolDecision.Change change) {
                ToolArguments.Verdict fit = fit(now, new ToolCall(now.call().id(), now.call().name(),
                        change.arguments()));
                if (fit instanceof ToolArguments.Refused refused) {
                    return decided(now, request.call(), Verdict.REFUSED,
                            "A rule changes the arguments to some that do not fit. " + refused.message(), round,
                            Optional.empty(), begun, start);
                }
                now = now.with(((ToolArguments.Accepted) fit).call());
                why = change.reason();
                continue;
            }
            if (round.asks.isEmpty()) {
                return decided(now, request.call(), Verdict.ALLOWED, why, round, Optional.empty(), begun, start);
            }
            Optional<ToolApproval> approval = approval(now, round.asks, approver);
            boolean allowed = approval.filter(ToolApproval::allowed).isPresent();
            return decided(now, request.call(), allowed ? Verdict.APPROVED : Verdict.DENIED,
                    allowed ? why : denial(approval, round.asks), round, approval, begun, start);
        }
        return decided(now, request.call(), Verdict.REFUSED,
                "The rules for this call change each other's changes, so it does not run.", new Round(),
                Optional.empty(), begun, start);
    }

    private static Admission decided(ToolRequest request, ToolCall asked, Verdict verdict, String reason, Round round,
            Optional<ToolApproval> approval, Instant begun, long start) {
        return new Admission(request, asked, verdict, reason, approval, round.time, round.characters, begun,
                Duration.ofNanos(System.nanoTime() - start));
    }

    /** Asks all guards until one refuses or changes something. */
    private ToolDecision ask(ToolRequest request, Round round) throws InterruptedException {
        for (ToolGuard guard : guards.get()) {
            ToolDecision decision;
            try {
                decision = guard.decide(request);
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                LOG.log(System.Logger.Level.DEBUG, "A guard failed about a call of " + request.name() + ".", e);
                return ToolDecision.refuse(ToolResults.message(e));
            }
            switch (decision) {
                case ToolDecision.Allow allow -> {
                    round.limit(allow.time());
                    round.limit(allow.characters());
                }
                case ToolDecision.Ask ask -> round.asks.add(ask);
                case ToolDecision.Change change -> {
                    if (!change.arguments().equals(request.arguments())) {
                        return change;
                    }
                }
                case ToolDecision.Refuse refusal -> {
                    return refusal;
                }
                case null -> {
                    return ToolDecision.refuse("A guard has said nothing about the call, so it does not run.");
                }
            }
        }
        return ToolDecision.ALLOW;
    }

    private static ToolArguments.Verdict fit(ToolRequest request, ToolCall call) {
        try {
            return ToolArguments.check(request.tool(), call);
        } catch (RuntimeException e) {
            return new ToolArguments.Refused("The schema of the tool is broken: " + e);
        }
    }

    private Optional<ToolApproval> approval(ToolRequest request, List<ToolDecision.Ask> asks, ToolApprover approver)
            throws InterruptedException {
        Duration patience = patience(asks);
        String question = asks.stream().map(ToolDecision.Ask::question).filter(text -> !text.isBlank()).distinct()
                .collect(Collectors.joining(" "));
        FutureTask<ToolApproval> answer = new FutureTask<>(() -> approver.ask(request, question, patience));
        threads.newThread(answer).start();
        try {
            return Optional.ofNullable(answer.get(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException | CancellationException e) {
            LOG.log(System.Logger.Level.WARNING, "Nobody could be asked about a call of " + request.name() + ".", e);
            return Optional.empty();
        } finally {
            answer.cancel(true);
        }
    }

    private static Duration patience(List<ToolDecision.Ask> asks) {
        return asks.stream().map(ToolDecision.Ask::patience).min(Duration::compareTo).orElse(Duration.ZERO);
    }

    private static String denial(Optional<ToolApproval> approval, List<ToolDecision.Ask> asks) {
        if (approval.isEmpty()) {
            return "It needs the consent of a person, and nobody has decided within " + patience(asks).toSeconds()
                    + " seconds.";
        }
        String words = approval.get().words();
        return words.isBlank() ? "A person has been asked and does not want it." : words;
    }
}
