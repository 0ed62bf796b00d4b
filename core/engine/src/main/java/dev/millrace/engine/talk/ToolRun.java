/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import dev.millrace.api.Message;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolResult;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.observe.ToolCallEvent;
import dev.millrace.engine.tools.NearestNames;
import dev.millrace.engine.tools.ResultBudget;
import dev.millrace.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs the calls of one turn, one after the other, on the answer's thread. */
final class ToolRun {

    private static final System.Logger LOG = System.getLogger(ToolRun.class.getName());

    /**
     * What came of it.
     *
     * @param messages results for the model
     * @param callerRunsSome whether some calls are the caller's to run
     */
    record Outcome(List<Message> messages, boolean callerRunsSome) {
    }

    private final ConversationOptions options;
    private final ModelMeters meters;
    private final ResultBudget budget;

    ToolRun(ConversationOptions options, ModelMeters meters, ResultBudget budget) {
        this.budget = budget;
        this.options = options;
        this.meters = meters;
    }

    /** A result with what the model reads: written once, as a tool may change what it has returned. */
    private record Told(ToolResult result, String text) {

        /** A failure. */
        static Told error(String message) {
            String mended = Json.wellFormed(message);
            return new Told(ToolResult.error(mended), Json.write(Map.of("error", mended)));
        }
    }

    Outcome run(Said said, LiveGeneration log) {
        Outcome outcome = answer(said, log, call -> log.isCancelled()
                ? Told.error("The call was cancelled.")
                : said.refusal(call).map(Told::error).orElseGet(() -> run(call, log)));
        for (String problem : said.problems()) {
            outcome.messages()
                    .add(answer(new ToolCall("", "unknown", Map.of()), Told.error(problem), results(said), log));
        }
        return outcome;
    }

    /** Answers all calls without running them, so that none is left open in the conversation. */
    Outcome leave(Said said, String why, LiveGeneration log) {
        return answer(said, log, call -> Told.error(why));
    }

    /** Answers the calls that are not the caller's to run. */
    private Outcome answer(Said said, LiveGeneration log, Function<ToolCall, Told> result) {
        List<Message> messages = new ArrayList<>();
        boolean callerRunsSome = false;
        for (ToolCall call : said.calls()) {
            if (options.callerRuns(call.name())) {
                callerRunsSome = true;
            } else {
                messages.add(answer(call, result.apply(call), results(said), log));
            }
        }
        return new Outcome(messages, callerRunsSome);
    }

    private Message answer(ToolCall call, Told told, int results, LiveGeneration log) {
        log.add(new Event.ToolAnswered(call, told.result()));
        return Message.tool(call.id(), budget.cut(told.text(), results));
    }

    private static int results(Said said) {
        return said.calls().size() + said.problems().size();
    }

    private Told run(ToolCall call, LiveGeneration log) {
        Tool tool = options.tools().get(call.name());
        if (tool == null) {
            List<String> near = NearestNames.of(call.name(), options.toolNames());
            return Told.error("There is no tool " + call.name()
                    + (near.isEmpty() ? "; there are " : ", did you mean " + String.join(" or ", near) + "? There are ")
                    + (options.toolNames().isEmpty() ? "none" : String.join(", ", options.toolNames())) + ".");
        }
        ToolCallEvent event = new ToolCallEvent();
        event.begin();
        long start = System.nanoTime();
        Told told = run(tool, call, log);
        meters.toolCalled(told.result().error(), System.nanoTime() - start);
        event.done(call.name(), told.result().error());
        return told;
    }

    private Told run(Tool tool, ToolCall call, LiveGeneration log) {
        try {
            for (ToolGuard guard : options.guards()) {
                Optional<String> refusal = guard.refuse(options.definition(call.name()).orElseThrow(), call);
                if (refusal.isPresent()) {
                    return Told.error(refusal.get());
                }
            }
            return settled(call, tool.call(call));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Told.error("The call was cancelled.");
        } catch (Throwable e) {
            // whatever a tool or a guard does, the answer goes on: the model is told
            LOG.log(System.Logger.Level.DEBUG, "The tool " + call.name() + " failed.", e);
            return Told.error(message(e));
        } finally {
            // an interrupt that a tool left behind belongs to no other tool
            if (!log.isCancelled() && Thread.interrupted()) {
                LOG.log(System.Logger.Level.DEBUG, "The tool {0} left an interrupt behind.", call.name());
            }
        }
    }

    /** What the model is told of a result. */
    private static Told settled(ToolCall call, @Nullable ToolResult result) {
        if (result == null) {
            return Told.error("The tool " + call.name() + " gave no result.");
        }
        if (result.error()) {
            return Told.error(String.valueOf(result.value()));
        }
        if (result.value() instanceof String text) {
            String mended = Json.wellFormed(text);
            return new Told(ToolResult.of(mended), mended);
        }
        String json = Json.write(result.value());
        // whoever listens gets what the model reads
        return new Told(isWellFormed(result.value()) ? result : ToolResult.of(Json.parse(json)), json);
    }

    private static boolean isWellFormed(@Nullable Object value) {
        return switch (value) {
            case CharSequence text -> Json.wellFormed(text.toString()).contentEquals(text);
            case Map<?, ?> map -> map.entrySet().stream()
                    .allMatch(each -> isWellFormed(String.valueOf(each.getKey())) && isWellFormed(each.getValue()));
            case Iterable<?> list -> {
                for (Object each : list) {
                    if (!isWellFormed(each)) {
                        yield false;
                    }
                }
                yield true;
            }
            case null, default -> true;
        };
    }

    private static String message(Throwable problem) {
        try {
            String message = problem.getMessage();
            return message == null ? problem.getClass().getSimpleName() : Json.wellFormed(message);
        } catch (Throwable e) {
            return problem.getClass().getSimpleName();
        }
    }
}
