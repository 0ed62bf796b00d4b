/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Embeddings;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.info.Vectors;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.OpenEncoder;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The paths under {@code /api}. */
public final class Ollama {

    private static final String VERSION = "0.6.4";

    private final Models models;
    private final Talk talk;
    private final Ids ids;

    /** Answers with some models. */
    public Ollama(Models models, Talk talk, Ids ids) {
        this.models = models;
        this.talk = talk;
        this.ids = ids;
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
        String id = ids.next("answer_");
        request.answersAs(id);
        Outflow flow = new Outflow(request.exchange(),
                question.stream() ? Outflow.Kind.LINES : Outflow.Kind.DOCUMENT);
        OllamaReply reply = new OllamaReply(flow, question, form);
        try {
            reply.end(request.ended(talk.run(id, question.ask(), request.caller(), flow, reply)));
        } catch (ApiError e) {
            if (!flow.isOpen() || !question.stream()) {
                throw e;
            }
            flow.send(Json.text(error(e)) + "\n");
            flow.end();
        }
    }

    /** {@code POST /api/embed}: texts to vectors. Without a text it only tells that the model is loaded. */
    public void embed(Request request) throws IOException {
        long start = System.nanoTime();
        Fields fields = request.fields();
        OpenEncoder encoder = encoder(request, fields);
        Vectors.checkDimensions(fields, encoder);
        // nothing is ever cut here: a text that is too long is refused, whatever truncate says
        fields.harmless("options", "keep_alive", "truncate");
        List<String> texts = fields.has("input") ? Vectors.texts(fields) : List.of();
        request.warn(fields);
        boolean none = texts.isEmpty() || texts.equals(List.of(""));
        Embeddings found = none ? new Embeddings(List.of(), 0) : Vectors.embed(encoder, texts);
        ObjectNode document = Json.object().put("model", encoder.id());
        ArrayNode vectors = document.putArray("embeddings");
        found.vectors().forEach(vector -> vectors.add(Vectors.numbers(vector)));
        request.answer(document.put("total_duration", System.nanoTime() - start).put("load_duration", 0)
                .put("prompt_eval_count", found.tokens()));
    }

    /** {@code POST /api/embeddings}, which came before {@code /api/embed}: one text to its vector. */
    public void embeddings(Request request) throws IOException {
        Fields fields = request.fields();
        OpenEncoder encoder = encoder(request, fields);
        fields.harmless("options", "keep_alive");
        String prompt = fields.text("prompt").orElse("");
        request.warn(fields);
        ObjectNode document = Json.object();
        document.set("embedding", prompt.isEmpty()
                ? Json.array()
                : Vectors.numbers(Vectors.embed(encoder, List.of(prompt)).vectors().getFirst()));
        request.answer(document);
    }

    private OpenEncoder encoder(Request request, Fields fields) {
        OpenEncoder encoder = models.encoder(Optional.of(fields.requiredText("model")));
        request.asks(encoder.id());
        return encoder;
    }

    /** {@code GET /api/tags}: the models. */
    public void tags(Request request) throws IOException {
        list(request, Listed::entry);
    }

    /** {@code GET /api/ps}: the models in memory, which are all of them. */
    public void running(Request request) throws IOException {
        list(request, Listed::inMemory);
    }

    private void list(Request request, Function<Listed, ObjectNode> form) throws IOException {
        ObjectNode document = Json.object();
        ArrayNode list = document.putArray("models");
        models.open().forEach(model -> list.add(form.apply(Listed.of(model))));
        models.encoders().forEach(encoder -> list.add(form.apply(Listed.of(encoder))));
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
        Optional<String> name = fields.text("model").or(() -> fields.text("name"));
        Listed listed = models.encoderNamed(name).map(encoder -> Listed.of(encoder))
                .orElseGet(() -> Listed.of(models.get(name)));
        request.asks(listed.id());
        request.warn(fields);
        request.answer(listed.facts());
    }

    /** An error as Ollama writes it. */
    public static ObjectNode error(ApiError problem) {
        return Json.object().put("error", problem.getMessage());
    }
}
