/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Timings;
import dev.millrace.api.Usage;
import dev.millrace.plugin.http.json.Json;
import java.time.Duration;
import java.util.Optional;

/**
 * How an answer ended.
 *
 * @param reason why
 * @param usage tokens
 * @param reasoningTokens of the tokens generated, those that the thinking takes when it is written as text
 * @param timings time
 * @param stopString if a text of the request's ended it, that text
 */
public record Ending(Reason reason, Usage usage, int reasoningTokens, Timings timings, Optional<String> stopString) {

    /** Why an answer ended. */
    public enum Reason {
        /** The model has said all. */
        STOP,
        /** No more tokens are allowed, or fit. What was said or called may be cut. */
        LENGTH,
        /** Calls wait for their results. */
        CALLS
    }

    /** Tokens of the prompt that were not read again: what several rounds found again counts once. */
    public int cachedTokens() {
        return Math.min(usage.cachedTokens(), usage.promptTokens());
    }

    /** Times in the words of llama-server, in milliseconds and tokens per second. */
    public ObjectNode timingsJson() {
        ObjectNode json = Json.object();
        json.put("cache_n", usage.cachedTokens());
        json.put("prompt_n", timings.prefillTokens());
        json.put("prompt_ms", millis(timings.prefill()));
        json.put("prompt_per_second", timings.prefillTokensPerSecond());
        json.put("predicted_n", timings.decodeTokens());
        json.put("predicted_ms", millis(timings.decode()));
        json.put("predicted_per_second", timings.decodeTokensPerSecond());
        return json;
    }

    private static double millis(Duration time) {
        return time.toNanos() / 1e6;
    }
}
