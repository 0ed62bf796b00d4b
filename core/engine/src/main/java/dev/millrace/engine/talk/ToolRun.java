/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.Progress;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolReport.Verdict;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.observe.FlightEvent;
import dev.millrace.engine.tools.Admission;
import dev.millrace.engine.tools.NearestNames;
import dev.millrace.engine.tools.ResultBudget;
import dev.millrace.engine.tools.ToolGate;
import dev.millrace.engine.tools.ToolResults;
import dev.millrace.engine.tools.ToolRunner;
import dev.millrace.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Runs the calls of one turn: those that only look, and stand side by side, at once; all others one after the other, in the order in
 * which the model wrote them. Decisions are made in that order, too, on the answer's thread.
 */
final class ToolRun {

    private static final System.Logger LOG = System.getLogger(ToolRun.class.getName());
    private static final String CANCELLED = "The call was cancelled.";

    /**
     * What came of the calls of a round.
     *
     * @param messages results for the model
     * @param end why the answer ends now; empty if the model goes on
     */
    record Outcome(List<Message> messages, Optional<FinishReason> end) {
    }

    private final ConversationOptions options;
    private final String conversation;
    private final ModelMeters meters;
    private final ResultBudget budget;
    private final LiveGeneration log;
    private final ToolGate gate;
    private final ToolRunner runner;

    /**
     * For one answer.
     *
     * @param conversation its name
     * @param log gets the events
     */
    ToolRun(ConversationOptions options, String conversation, ModelMeters meters, ResultBudget budget,
            LiveGeneration log) {
        this.options = options;
        this.conversation = conversation;
        this.meters = meters;
        this.budget = budget;
        this.log = log;
        this.gate = new ToolGate(options.guards(), log::worker);
        this.runner = new ToolRunner(options.watch(), log::worker);
    }

    /**
     * A result with what the model reads.
     *
     * @param call with the arguments that it ran with
     */
    private record Told(ToolCall call, ToolResult result, String text) {

        static Told of(ToolCall call, ToolResult result) {
            return new Told(call, result, ToolResults.text(result));
        }

        static Told error(ToolCall call, String message) {
            return of(call, ToolResult.error(Json.wellFormed(message)));
        }
    }

    /**
     * Runs the calls of a round, or answers them without running them, so that none is left open in the conversation.
     *
     * @param round the first is 0
     * @param spent whether all tokens of the answer are used
     */
    Outcome after(Said said, int round, boolean spent) {
        boolean mayRun = said.reason() == FinishReason.STOP && round < options.maxToolRounds() && !spent;
        List<Message> messages = mayRun ? run(said) : leave(said);
        if (said.calls().stream().anyMatch(call -> options.callerRuns(call.name()))) {
            // an answer that was cut may have lost calls: the caller must know
            return new Outcome(messages,
                    Optional.of(said.reason() == FinishReason.STOP ? FinishReason.TOOL_CALLS : said.reason()));
        }
        if (mayRun) {
            return new Outcome(messages, Optional.empty());
        }
        if (said.reason() != FinishReason.STOP) {
            return new Outcome(messages, Optional.of(said.reason()));
        }
        return new Outcome(messages, Optional.of(spent ? FinishReason.LENGTH : FinishReason.TOOL_LIMIT));
    }

    private List<Message> run(Said said) {
        List<ToolCall> own = said.calls().stream().filter(call -> !options.callerRuns(call.name())).toList();
        List<Message> messages = new ArrayList<>();
        int results = results(said);
        int at = 0;
        while (at < own.size()) {
            int end = at + 1;
            while (end < own.size() && looksOnly(said, own.get(at)) && looksOnly(said, own.get(end))) {
                end++;
            }
            if (end == at + 1) {
                messages.add(answer(one(said, own.get(at)), results));
            } else {
                together(own.subList(at, end)).forEach(told -> messages.add(answer(told, results)));
            }
            at = end;
        }
        for (String problem : said.problems()) {
            messages.add(answer(Told.error(new ToolCall("", "unknown", Map.of()), problem), results));
        }
        return messages;
    }

    private List<Message> leave(Said said) {
        List<Message> messages = new ArrayList<>();
        for (ToolCall call : said.calls()) {
            if (!options.callerRuns(call.name())) {
                messages.add(answer(Told.error(call, "Not run: the answer had to end."), results(said)));
            }
        }
        return messages;
    }

    private Message answer(Told told, int results) {
        log.add(new Event.ToolAnswered(told.call(), told.result()));
        return Message.tool(told.call().id(), budget.cut(told.text(), results));
    }

    private static int results(Said said) {
        return said.calls().size() + said.problems().size();
    }

    private boolean looksOnly(Said said, ToolCall call) {
        return said.refusal(call).isEmpty() && options.tools().containsKey(call.name())
                && options.definition(call.name()).filter(tool -> tool.hints().contains(ToolHint.READ_ONLY))
                        .isPresent();
    }

    private ToolRequest request(ToolDefinition tool, ToolCall call) {
        return new ToolRequest(conversation, options.user(), tool, call);
    }

    /** One call by itself, on the answer's thread. */
    private Told one(Said said, ToolCall call) {
        Tool tool = options.tools().get(call.name());
        ToolDefinition definition = options.definition(call.name()).orElse(null);
        if (tool == null || definition == null) {
            return Told.error(call, unknown(call));
        }
        ToolRequest request = request(definition, call);
        if (cancelled(request)) {
            return Told.error(call, CANCELLED);
        }
        Optional<String> refusal = said.refusal(call);
        if (refusal.isPresent()) {
            return Told.of(call, runner.refused(request, Verdict.REFUSED, Json.wellFormed(refusal.get())));
        }
        try {
            Admission admission = admit(request);
            return admission == null ? Told.error(call, CANCELLED) : run(admission, tool);
        } finally {
            // an interrupt that a tool left behind belongs to no other tool
            if (!log.isCancelled() && Thread.interrupted()) {
                LOG.log(System.Logger.Level.DEBUG, "The tool {0} left an interrupt behind.", call.name());
            }
        }
    }

    /** Whether it comes too late to run; that is recorded, too. */
    private boolean cancelled(ToolRequest request) {
        boolean cancelled = log.isCancelled();
        if (cancelled) {
            runner.refused(request, Verdict.CANCELLED, CANCELLED);
        }
        return cancelled;
    }

    private String unknown(ToolCall call) {
        if (options.hasLeft(call.name())) {
            return "The tool " + call.name() + " is not here any more: go on without it.";
        }
        List<String> near = NearestNames.of(call.name(), options.toolNames());
        return "There is no tool " + call.name()
                + (near.isEmpty() ? "; there are " : ", did you mean " + String.join(" or ", near) + "? There are ")
                + (options.toolNames().isEmpty() ? "none" : String.join(", ", options.toolNames())) + ".";
    }

    /** What is decided about a call; null if the answer was cancelled meanwhile. */
    private @Nullable Admission admit(ToolRequest request) {
        try {
            return gate.admit(request, options.approver());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            runner.refused(request, Verdict.CANCELLED, CANCELLED);
            return null;
        }
    }

    /** Calls that only look: each is decided about in said, and then they run at once. The results come in their order. */
    private List<Told> together(List<ToolCall> calls) {
        List<FutureTask<Told>> tasks = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (ToolCall call : calls) {
            Tool tool = options.tools().get(call.name());
            ToolDefinition definition = options.definition(call.name()).orElseThrow();
            ToolRequest request = request(definition, call);
            Admission admission = cancelled(request) ? null : admit(request);
            Callable<Told> work = admission == null || tool == null
                    ? () -> Told.error(call, CANCELLED)
                    : () -> run(admission, tool);
            FutureTask<Told> task = new FutureTask<>(work);
            tasks.add(task);
            threads.add(log.worker(task));
            threads.getLast().start();
        }
        return tasks.stream().map(task -> ended(task, threads)).toList();
    }

    /** Waits for a call. If the answer is cancelled all of them are interrupted, and waited for. */
    private static Told ended(FutureTask<Told> task, List<Thread> threads) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    threads.forEach(Thread::interrupt);
                } catch (ExecutionException e) {
                    throw new IllegalStateException("A call ended without a result.", e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Told run(Admission admission, Tool tool) {
        ToolCall call = admission.request().call();
        FlightEvent event = FlightEvent.begin(FlightEvent.Kind.TOOL_CALL);
        long start = System.nanoTime();
        ToolResult result;
        try {
            result = runner.run(admission, tool, progress(call));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result = ToolResult.error(CANCELLED);
        }
        meters.toolCalled(result.error(), System.nanoTime() - start);
        event.done(call.name(), result.error());
        String text = ToolResults.text(result);
        if (admission.characters().isPresent()) {
            text = ResultBudget.beginning(text, admission.characters().getAsInt());
        }
        if (admission.runs() && admission.changed()) {
            text += "\n[It ran with other arguments, " + Json.write(call.arguments()) + ": "
                    + Json.wellFormed(admission.reason()) + "]";
        }
        return new Told(call, result, text);
    }

    private Progress progress(ToolCall call) {
        return new ToolProgress((what, fraction) -> log.add(new Event.ToolProgressed(call, what, fraction)),
                log::isCancelled);
    }
}
