/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ModelInfo;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** The paths under {@code /api}. */
public final class Ollama {

    private static final String VERSION = "0.6.4";

    private final Models models;
    private final Talk talk;

    /** Answers with some models. */
    public Ollama(Models models, Talk talk) {
        this.models = models;
        this.talk = talk;
    }

    /** {@code POST /api/chat}. Without messages it only tells that the model is loaded, as it always is. */
    public void chat(Request request) throws IOException {
        Fields fields = request.fields();
        OpenModel model = models.get(Optional.of(fields.requiredText("model")));
        request.asks(model);
        if (fields.objects("messages").isEmpty()) {
            loaded(request, model, OllamaReply.Form.CHAT);
            return;
        }
        OllamaQuestion question = OllamaQuestion.chat(fields, model);
        request.warn(fields);
        reply(request, question, OllamaReply.Form.CHAT);
    }

    /** {@code POST /api/generate}. Without a prompt it only tells that the model is loaded. */
    public void generate(Request request) throws IOException {
        Fields fields = request.fields();
        OpenModel model = models.get(Optional.of(fields.requiredText("model")));
        request.asks(model);
        if (fields.text("prompt").orElse("").isEmpty()) {
            loaded(request, model, OllamaReply.Form.GENERATE);
            return;
        }
        OllamaQuestion question = OllamaQuestion.generate(fields, model);
        request.warn(fields);
        reply(request, question, OllamaReply.Form.GENERATE);
    }

    private static void loaded(Request request, OpenModel model, OllamaReply.Form form) throws IOException {
        request.answer(OllamaReply.empty(model, form).put("done", true).put("done_reason", "load"));
    }

    private void reply(Request request, OllamaQuestion question, OllamaReply.Form form) throws IOException {
        Outflow flow = new Outflow(request.exchange(),
                question.stream() ? Outflow.Kind.LINES : Outflow.Kind.DOCUMENT);
        OllamaReply reply = new OllamaReply(flow, question, form);
        try {
            reply.end(request.ended(talk.run(question.ask(), request.caller(), flow, reply)));
        } catch (ApiError e) {
            if (!flow.isOpen() || !question.stream()) {
                throw e;
            }
            flow.send(Json.text(error(e)) + "\n");
            flow.end();
        }
    }

    /** {@code GET /api/tags}: the models. */
    public void tags(Request request) throws IOException {
        list(request);
    }

    /** {@code GET /api/ps}: the models in memory, which are all of them. */
    public void running(Request request) throws IOException {
        list(request);
    }

    private void list(Request request) throws IOException {
        ObjectNode document = Json.object();
        ArrayNode list = document.putArray("models");
        for (OpenModel model : models.open()) {
            ObjectNode json = Json.object().put("name", model.id() + ":latest").put("model", model.id() + ":latest")
                    .put("modified_at", Instant.ofEpochSecond(model.since()).toString())
                    .put("size", model.model().info().weightBytes()).put("digest", "");
            json.set("details", details(model.model().info()));
            list.add(json);
        }
        request.answer(document);
    }

    /** {@code GET /api/version}: of the API that is spoken here. */
    public void version(Request request) throws IOException {
        request.answer(Json.object().put("version", VERSION));
    }

    /** {@code POST /api/show}. */
    public void show(Request request) throws IOException {
        Fields fields = request.fields();
        fields.harmless("verbose");
        OpenModel model = models.get(fields.text("model").or(() -> fields.text("name")));
        request.asks(model);
        request.warn(fields);
        ModelInfo info = model.model().info();
        ObjectNode document = Json.object().put("modelfile", "").put("parameters", "").put("template", "");
        document.set("details", details(info));
        document.putObject("model_info").put("general.architecture", info.architecture())
                .put("general.parameter_count", info.parameters())
                .put(info.architecture() + ".context_length", info.contextLength())
                .put(info.architecture() + ".embedding_length", info.hiddenSize())
                .put(info.architecture() + ".block_count", info.layers());
        document.putArray("capabilities").add("completion").add("tools");
        document.put("modified_at", Instant.ofEpochSecond(model.since()).toString());
        request.answer(document);
    }

    private static ObjectNode details(ModelInfo info) {
        ObjectNode details = Json.object().put("parent_model", "").put("format", "gguf").put("family",
                info.architecture());
        details.putArray("families").add(info.architecture());
        double millions = info.parameters() / 1e6;
        return details
                .put("parameter_size", millions >= 1000
                        ? String.format(Locale.ROOT, "%.1fB", millions / 1000)
                        : String.format(Locale.ROOT, "%.0fM", millions))
                .put("quantization_level", info.quantisation());
    }

    /** An error as Ollama writes it. */
    public static ObjectNode error(ApiError problem) {
        return Json.object().put("error", problem.getMessage());
    }
}
