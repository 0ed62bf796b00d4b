/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.info;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Tokenizer;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import java.io.IOException;
import java.util.List;

/** {@code POST /tokenize} and {@code POST /detokenize}, as llama-server has them. */
public final class Tokens {

    private final Models models;

    /** Uses the tokenizers of models. */
    public Tokens(Models models) {
        this.models = models;
    }

    /** Text to ids. */
    public void tokenize(Request request) throws IOException {
        Fields fields = request.fields();
        OpenModel model = models.get(fields.text("model"));
        String content = fields.requiredText(fields.has("prompt") && !fields.has("content") ? "prompt" : "content");
        boolean pieces = fields.flag("with_pieces");
        boolean control = fields.flag("parse_special");
        fields.harmless("add_special", "add_special_tokens");
        request.asks(model);
        request.warn(fields);
        Tokenizer tokenizer = tokenizer(model);
        int[] ids;
        try {
            ids = control ? tokenizer.encodeWithControl(content) : tokenizer.encode(content);
        } catch (IllegalArgumentException e) {
            throw ApiError.wrong("content", String.valueOf(e.getMessage()));
        }
        ObjectNode document = Json.object();
        ArrayNode tokens = document.putArray("tokens");
        for (int id : ids) {
            if (pieces) {
                tokens.add(Json.object().put("id", id).put("piece", tokenizer.decode(id)));
            } else {
                tokens.add(id);
            }
        }
        document.put("count", ids.length);
        request.answer(document);
    }

    /** Ids to text. */
    public void detokenize(Request request) throws IOException {
        Fields fields = request.fields();
        OpenModel model = models.get(fields.text("model"));
        if (!fields.has("tokens")) {
            throw new ApiError(400, "tokens is missing.", "tokens", "missing_required_parameter");
        }
        List<JsonNode> tokens = fields.items("tokens");
        request.asks(model);
        request.warn(fields);
        Tokenizer tokenizer = tokenizer(model);
        int[] ids = new int[tokens.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!tokens.get(i).isInt() || tokens.get(i).intValue() < 0
                    || tokens.get(i).intValue() >= model.model().info().vocabularySize()) {
                throw ApiError.wrong("tokens[" + i + "]", "tokens[" + i + "] must be between 0 and "
                        + (model.model().info().vocabularySize() - 1) + ".");
            }
            ids[i] = tokens.get(i).intValue();
        }
        try {
            request.answer(Json.object().put("content", tokenizer.decode(ids)));
        } catch (IllegalArgumentException e) {
            throw ApiError.wrong("tokens", String.valueOf(e.getMessage()));
        }
    }

    private static Tokenizer tokenizer(OpenModel model) {
        try {
            return model.model().tokenizer();
        } catch (MillraceException e) {
            throw ApiError.unsupported("model", e.getMessage());
        }
    }
}
