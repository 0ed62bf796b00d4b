/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a model answers where a request does not say. Immutable: each {@code with} method returns a changed copy.
 *
 * @param parameters used where a request has none of its own: temperature, tools, response format and the like
 * @param sampling how tokens are chosen where the parameters do not say; the model's own if empty
 * @param reasoning how much the model thinks, and whether the thinking is told
 * @param timeout how long an answer may take until it fails with LangChain4j's {@code TimeoutException}; without end if empty
 * @param listeners told of requests, responses and errors
 */
public record ChatOptions(ChatRequestParameters parameters, Optional<Sampling> sampling, Reasoning reasoning,
        Optional<Duration> timeout, List<ChatModelListener> listeners) {

    private static final ChatOptions DEFAULTS = new ChatOptions(DefaultChatRequestParameters.EMPTY, Optional.empty(),
            Reasoning.DEFAULT, Optional.empty(), List.of());

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if the timeout is not positive
     */
    public ChatOptions {
        listeners = List.copyOf(listeners);
        if (timeout.isPresent() && !timeout.get().isPositive()) {
            throw new IllegalArgumentException("An answer needs time, more than " + timeout.get() + ".");
        }
    }

    /**
     * As the model does it by itself.
     *
     * @return the defaults
     */
    public static ChatOptions defaults() {
        return DEFAULTS;
    }

    /**
     * With other parameters.
     *
     * @param value see {@link #parameters()}
     * @return a changed copy
     */
    public ChatOptions withParameters(ChatRequestParameters value) {
        return new ChatOptions(value, sampling, reasoning, timeout, listeners);
    }

    /**
     * With another sampling, for example one with a seed.
     *
     * @param value see {@link #sampling()}
     * @return a changed copy
     */
    public ChatOptions withSampling(Sampling value) {
        return new ChatOptions(parameters, Optional.of(value), reasoning, timeout, listeners);
    }

    /**
     * With another thinking.
     *
     * @param value see {@link #reasoning()}
     * @return a changed copy
     */
    public ChatOptions withReasoning(Reasoning value) {
        return new ChatOptions(parameters, sampling, value, timeout, listeners);
    }

    /**
     * With a timeout.
     *
     * @param time see {@link #timeout()}
     * @return a changed copy
     * @throws IllegalArgumentException if the time is not positive
     */
    public ChatOptions withTimeout(Duration time) {
        return new ChatOptions(parameters, sampling, reasoning, Optional.of(time), listeners);
    }

    /**
     * With other listeners.
     *
     * @param value see {@link #listeners()}
     * @return a changed copy
     */
    public ChatOptions withListeners(List<ChatModelListener> value) {
        return new ChatOptions(parameters, sampling, reasoning, timeout, value);
    }
}
