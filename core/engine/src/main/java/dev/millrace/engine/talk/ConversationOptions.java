/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a conversation was set up.
 *
 * @param tools tools that are run here, by name
 * @param declared tools that the caller runs, by name
 * @param guards asked before each call
 * @param sampling how tokens are chosen
 * @param seed of the draws
 * @param maxTokens of one answer
 * @param maxToolSteps within one answer
 * @param stop texts that end an answer
 * @param format of an answer
 */
record ConversationOptions(Map<String, Tool> tools, Map<String, ToolDefinition> declared, List<ToolGuard> guards,
        Sampling sampling,
        long seed, int maxTokens, int maxToolSteps, StopStrings stop, AnswerFormat format) {

    ConversationOptions {
        tools = Collections.unmodifiableMap(new LinkedHashMap<>(tools));
        declared = Collections.unmodifiableMap(new LinkedHashMap<>(declared));
        guards = List.copyOf(guards);
    }

    /** What the model is told: tools that are run here first. */
    List<ToolDefinition> definitions() {
        List<ToolDefinition> all = new ArrayList<>();
        tools.values().forEach(tool -> all.add(tool.definition()));
        all.addAll(declared.values());
        return all;
    }

    /** What the model was told of a tool. */
    Optional<ToolDefinition> definition(String name) {
        Tool tool = tools.get(name);
        return tool == null ? Optional.ofNullable(declared.get(name)) : Optional.of(tool.definition());
    }

    Set<String> toolNames() {
        Set<String> names = new LinkedHashSet<>(tools.keySet());
        names.addAll(declared.keySet());
        return names;
    }

    ConversationOptions withSeed(long other) {
        return new ConversationOptions(tools, declared, guards, sampling, other, maxTokens, maxToolSteps, stop, format);
    }
}
