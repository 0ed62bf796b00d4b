/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolDefinition;
import dev.millrace.plugin.http.OpenModel;
import java.util.List;
import java.util.OptionalInt;

/**
 * What is asked of a model, whatever the API that it came by.
 *
 * @param model who is asked
 * @param messages at least one; if the last is the assistant's, its answer goes on there
 * @param tools that the model may call and the client runs
 * @param sampling how tokens are chosen
 * @param maxTokens the most that the answer may have, or empty for what the context holds
 * @param stop texts that end the answer
 * @param oneCall whether the answer ends with its first call
 * @param held what the answer is held to
 * @param reasoning how much the model may think
 * @param logprobs how many alternatives are told for each token, or empty if it is not told how likely tokens are
 * @param answers how many answers are wanted
 * @param plain whether the model goes on with bare text, without its chat template
 */
public record Ask(OpenModel model, List<Message> messages, List<ToolDefinition> tools, Sampling sampling,
        OptionalInt maxTokens, List<String> stop, boolean oneCall, Held held, Reasoning reasoning,
        OptionalInt logprobs, int answers, boolean plain) {

    /** One answer, with the thinking that the model does by itself. */
    public Ask(OpenModel model, List<Message> messages, List<ToolDefinition> tools, Sampling sampling,
            OptionalInt maxTokens, List<String> stop, boolean oneCall, Held held) {
        this(model, messages, tools, sampling, maxTokens, stop, oneCall, held, Reasoning.DEFAULT, OptionalInt.empty(),
                1, false);
    }

    /** With another thinking. */
    public Ask with(Reasoning other) {
        return new Ask(model, messages, tools, sampling, maxTokens, stop, oneCall, held, other, logprobs, answers,
                plain);
    }

    /** With more answers, and what is told of their tokens. */
    public Ask with(OptionalInt told, int many) {
        return new Ask(model, messages, tools, sampling, maxTokens, stop, oneCall, held, reasoning, told, many,
                plain);
    }

    /** With a model that goes on with bare text. */
    public Ask withoutTemplate() {
        return new Ask(model, messages, tools, sampling, maxTokens, stop, oneCall, held, reasoning, logprobs, answers,
                true);
    }

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
