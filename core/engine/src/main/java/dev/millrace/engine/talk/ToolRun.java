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
import dev.millrace.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

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

    ToolRun(ConversationOptions options) {
        this.options = options;
    }

    Outcome run(Turn turn, LiveGeneration log) {
        Outcome outcome = answer(turn, log, call -> log.isCancelled()
                ? ToolResult.error("The call was cancelled.")
                : turn.refusal(call).map(ToolResult::error).orElseGet(() -> run(call)));
        for (String problem : turn.problems()) {
            outcome.messages()
                    .add(answer(new ToolCall("", "unknown", Map.of()), ToolResult.error(problem), log));
        }
        return outcome;
    }

    /** Answers all calls without running them, so that none is left open in the conversation. */
    Outcome leave(Turn turn, String why, LiveGeneration log) {
        return answer(turn, log, call -> ToolResult.error(why));
    }

    /** Answers the calls that are not the caller's to run. */
    private Outcome answer(Turn turn, LiveGeneration log, Function<ToolCall, ToolResult> result) {
        List<Message> messages = new ArrayList<>();
        boolean callerRunsSome = false;
        for (ToolCall call : turn.calls()) {
            if (options.declared().containsKey(call.name())) {
                callerRunsSome = true;
            } else {
                messages.add(answer(call, result.apply(call), log));
            }
        }
        return new Outcome(messages, callerRunsSome);
    }

    private static Message answer(ToolCall call, ToolResult result, LiveGeneration log) {
        log.add(new Event.ToolAnswered(call, result));
        return Message.tool(call.id(), text(result));
    }

    /** What the model reads. */
    private static String text(ToolResult result) {
        if (result.error()) {
            return Json.write(Map.of("error", String.valueOf(result.value())));
        }
        return result.value() instanceof String text ? text : Json.write(result.value());
    }

    private ToolResult run(ToolCall call) {
        Tool tool = options.tools().get(call.name());
        if (tool == null) {
            return ToolResult.error("There is no tool " + call.name() + "; there are "
                    + (options.toolNames().isEmpty() ? "none" : String.join(", ", options.toolNames())) + ".");
        }
        try {
            for (ToolGuard guard : options.guards()) {
                Optional<String> refusal = guard.refuse(tool.definition(), call);
                if (refusal.isPresent()) {
                    return ToolResult.error(refusal.get());
                }
            }
            ToolResult result = tool.call(call);
            // seen here, where it can still be told: data that is no JSON
            text(result);
            return result;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ToolResult.error("The call was cancelled.");
        } catch (Exception | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "The tool " + call.name() + " failed.", e);
            return ToolResult.error(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }
}
