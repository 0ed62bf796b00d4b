/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.info;

import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code GET /health} and {@code GET /metrics}. */
public final class Health {

    private final Models models;
    private final Supplier<String> metrics;

    /** Tells of models, and metrics as text. */
    public Health(Models models, Supplier<String> metrics) {
        this.models = models;
        this.metrics = metrics;
    }

    /** 200 when all models are open, else 503. */
    public void health(Request request) throws IOException {
        Optional<String> failure = models.failure();
        if (failure.isPresent()) {
            throw new ApiError(503, "A model cannot be opened; the log of the server says why.", null, "unavailable");
        }
        if (!models.ready()) {
            throw ApiError.busy(503, "Loading model", 1);
        }
        request.answer(Json.object().put("status", "ok"));
    }

    /** The text format of Prometheus. */
    public void metrics(Request request) throws IOException {
        request.exchange().answer(200, "text/plain; version=0.0.4; charset=utf-8",
                metrics.get().getBytes(StandardCharsets.UTF_8));
    }
}
