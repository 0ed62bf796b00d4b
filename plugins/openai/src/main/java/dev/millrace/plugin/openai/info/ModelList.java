/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.info;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ModelInfo;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.OpenEncoder;
import dev.millrace.plugin.openai.talk.Request;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** {@code GET /v1/models} and {@code GET /v1/models/ID}. */
public final class ModelList {

    private final Models models;

    /** Lists models. */
    public ModelList(Models models) {
        this.models = models;
    }

    /** All that are open. */
    public void all(Request request) throws IOException {
        ObjectNode list = Json.object().put("object", "list");
        ArrayNode data = list.putArray("data");
        models.open().forEach(model -> data.add(json(model)));
        models.encoders().forEach(encoder -> data.add(json(encoder)));
        // clients of Anthropic read the same list by pages: this is the only one
        list.put("has_more", false);
        list.put("first_id", data.isEmpty() ? null : data.get(0).path("id").asText());
        list.put("last_id", data.isEmpty() ? null : data.get(data.size() - 1).path("id").asText());
        request.answer(list);
    }

    /** One of them. */
    public void one(Request request) throws IOException {
        String path = request.exchange().path();
        String name = path.substring(path.indexOf("/models/") + "/models/".length());
        String id;
        try {
            id = URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            id = name; // a wrong escape names no model
        }
        // a name that is empty is not the first model
        for (OpenEncoder encoder : models.encoders()) {
            if (encoder.id().equals(id)) {
                request.answer(json(encoder));
                return;
            }
        }
        request.answer(json(models.get(Optional.of(id.isEmpty() ? "/" : id))));
    }

    /** In the words of OpenAI, and then in those of Anthropic. */
    private static ObjectNode named(String id, long since) {
        return Json.object().put("id", id).put("object", "model").put("created", since).put("owned_by", "millrace")
                .put("type", "model").put("display_name", id)
                .put("created_at", Instant.ofEpochSecond(since).toString());
    }

    private static ObjectNode json(OpenEncoder encoder) {
        ObjectNode json = named(encoder.id(), encoder.since()).put("max_model_len", encoder.model().contextLength());
        json.putObject("meta").put("n_ctx", encoder.model().contextLength())
                .put("n_embd", encoder.model().dimensions()).put("device", encoder.model().device().id());
        return json;
    }

    private static ObjectNode json(OpenModel model) {
        ModelInfo info = model.model().info();
        ObjectNode json = named(model.id(), model.since()).put("max_model_len", info.contextLength());
        json.putObject("meta").put("n_vocab", info.vocabularySize()).put("n_ctx", info.contextLength())
                .put("n_embd", info.hiddenSize()).put("n_params", info.parameters()).put("size", info.weightBytes())
                .put("architecture", info.architecture()).put("quantisation", info.quantisation())
                .put("device", model.model().device().id());
        return json;
    }
}
