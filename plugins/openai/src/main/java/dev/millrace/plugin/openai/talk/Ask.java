/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Message;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolDefinition;
import java.util.List;
import java.util.OptionalInt;

/**
 * What is asked of a model, whatever the API that it came by.
 *
 * @param model who is asked
 * @param messages at least one, the last from the user or a tool
 * @param tools that the model may call and the client runs
 * @param sampling how tokens are chosen
 * @param maxTokens the most that the answer may have, or empty for what the context holds
 * @param stop texts that end the answer
 * @param oneCall whether the answer ends with its first call
 * @param held what the answer is held to
 */
public record Ask(OpenModel model, List<Message> messages, List<ToolDefinition> tools, Sampling sampling,
        OptionalInt maxTokens, List<String> stop, boolean oneCall, Held held) {

    /** Copies the lists. */
    public Ask {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        stop = List.copyOf(stop);
    }

    /** Whether the model was told of a tool. */
    boolean offers(String tool) {
        return tools.stream().anyMatch(offered -> offered.name().equals(tool));
    }
}
