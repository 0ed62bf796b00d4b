/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.remote;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.Message;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a model goes on with for one turn.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param messages of the conversation; if the last is the assistant's, it is the beginning of the answer and the model goes on where
 *            it ends
 * @param tools that it may call
 * @param choice whether it has to call some
 * @param strict names of the tools whose calls are held to their schema
 * @param sampling how tokens are chosen; empty leaves it to the model
 * @param maxTokens the most that it may say; empty for no bound
 * @param stop texts that end the answer
 * @param reasoning how much it may think
 * @param format what the answer has to look like
 * @param time how long it may take; empty for no bound
 * @param logprobs how many alternatives are told for each token; empty if it is not told how likely tokens are
 */
public record Question(List<Message> messages, List<ToolDefinition> tools, ToolChoice choice, Set<String> strict,
        Optional<Sampling> sampling, OptionalInt maxTokens, List<String> stop, Reasoning reasoning, AnswerFormat format,
        Optional<Duration> time, OptionalInt logprobs) {

    /** Copies the collections. */
    public Question {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        strict = Set.copyOf(strict);
        stop = List.copyOf(stop);
    }

    /**
     * The same with other messages.
     *
     * @param others see {@link #messages()}
     * @return a changed copy
     */
    public Question withMessages(List<Message> others) {
        return new Question(others, tools, choice, strict, sampling, maxTokens, stop, reasoning, format, time,
                logprobs);
    }
}
