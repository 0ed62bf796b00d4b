/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.Message;
import dev.millrace.engine.tools.ToolOffer;
import dev.millrace.engine.tools.ToolWatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/**
 * How a conversation was set up.
 *
 * @param table its tools when the answer began
 * @param offer says which of them the model is told of
 * @param user for whom it is; empty if nobody knows
 * @param guards asked before each call, at any time
 * @param approver asks a person
 * @param watch knows of each call
 * @param sampling how tokens are chosen
 * @param seed of the draws
 * @param maxTokens of one answer
 * @param maxToolRounds within one answer
 * @param stop texts that end an answer
 * @param stopTokens further tokens that end one
 * @param logprobs how many alternatives are told for each token; empty if it is not told how likely tokens are
 * @param reasoning how much the model may think
 * @param loops when a model that repeats itself is stopped
 * @param format of an answer
 * @param priority whose tokens come first
 * @param deadline how long an answer may take
 */
record ConversationOptions(ToolSources.Table table, ToolOffer offer, String user, Supplier<List<ToolGuard>> guards,
        ToolApprover approver,
        ToolWatch watch, Sampling sampling, long seed, int maxTokens, int maxToolRounds,
        StopStrings stop,
        Set<Integer> stopTokens, OptionalInt logprobs, Reasoning reasoning, LoopLimits loops, AnswerFormat format,
        int priority, Optional<Duration> deadline) {

    ConversationOptions {
        stopTokens = Set.copyOf(stopTokens);
    }

    /** Tools that are run here, by name. */
    Map<String, Tool> tools() {
        return table.tools();
    }

    /** What the model is told of before it goes on from these messages. */
    List<ToolDefinition> offered(List<Message> messages) {
        return offer.of(messages);
    }

    /** All tools. */
    List<ToolDefinition> definitions() {
        return List.copyOf(table.definitions().values());
    }

    /** What the model was told of a tool. */
    Optional<ToolDefinition> definition(String name) {
        return Optional.ofNullable(table.definitions().get(name));
    }

    /** Whether calls of a tool are the caller's to run. */
    boolean callerRuns(String name) {
        return table.definitions().containsKey(name) && !tools().containsKey(name);
    }

    /** Whether there was a tool of this name, and it left. */
    boolean hasLeft(String name) {
        return table.gone().contains(name);
    }

    Set<String> toolNames() {
        return table.definitions().keySet();
    }

    ConversationOptions withSeed(long other) {
        return new ConversationOptions(table, offer, user, guards, approver, watch, sampling, other, maxTokens,
                maxToolRounds, stop, stopTokens, logprobs, reasoning, loops, format, priority, deadline);
    }

    ConversationOptions withTools(ToolSources.Table other, ToolOffer told) {
        return new ConversationOptions(other, told, user, guards, approver, watch, sampling, seed, maxTokens,
                maxToolRounds, stop, stopTokens, logprobs, reasoning, loops, format, priority, deadline);
    }
}
