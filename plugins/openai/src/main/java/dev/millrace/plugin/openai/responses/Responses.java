/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.responses;

import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Endpoint;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;

/** {@code POST /v1/responses}. */
public final class Responses implements Endpoint {

    private final Models models;
    private final Talk talk;
    private final Ids ids;

    /** Answers with some models. */
    public Responses(Models models, Talk talk, Ids ids) {
        this.models = models;
        this.talk = talk;
        this.ids = ids;
    }

    @Override
    public void handle(Request request) throws IOException {
        Fields fields = request.fields();
        ResponseQuestion question = ResponseQuestion.read(fields, models);
        request.asks(question.ask().model());
        request.warn(fields);
        String id = ids.next("resp_");
        request.answersAs(id);
        if (question.stream()) {
            stream(request, question, id);
            return;
        }
        Outflow flow = new Outflow(request.exchange(), Outflow.Kind.DOCUMENT);
        ResponseAssembly assembly = new ResponseAssembly(question, id, ids, event -> {
            // the whole response tells all of it
        });
        assembly.end(request.ended(talk.run(id, question.ask(), request.caller(), flow, assembly)));
        flow.document(Json.bytes(assembly.response()));
    }

    private void stream(Request request, ResponseQuestion question, String id) throws IOException {
        Outflow flow = new Outflow(request.exchange(), Outflow.Kind.EVENTS);
        ResponseAssembly assembly = new ResponseAssembly(question, id, ids, event -> flow
                .send("event: " + event.path("type").asText() + "\ndata: " + Json.text(event) + "\n\n"));
        try {
            assembly.end(request.ended(talk.run(id, question.ask(), request.caller(), flow, assembly)));
        } catch (ApiError e) {
            if (!flow.isOpen()) {
                throw e;
            }
            assembly.failed(e);
        }
        flow.end();
    }
}
