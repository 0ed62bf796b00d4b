/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** {@code POST /v1/messages} and {@code POST /v1/messages/count_tokens}. */
public final class Messages implements Endpoint {

    private final Models models;
    private final Talk talk;
    private final Ids ids;

    /** Answers with some models. */
    public Messages(Models models, Talk talk, Ids ids) {
        this.models = models;
        this.talk = talk;
        this.ids = ids;
    }

    @Override
    public void handle(Request request) throws IOException {
        Fields fields = request.fields();
        MessagesQuestion question = MessagesQuestion.read(fields, models, true);
        request.asks(question.ask().model());
        request.warn(fields);
        String id = named(request, "msg_");
        if (question.stream()) {
            stream(request, question, id);
            return;
        }
        Outflow flow = new Outflow(request.exchange(), Outflow.Kind.DOCUMENT);
        MessageAssembly assembly = new MessageAssembly(question, id, event -> {
            // the whole message tells all of it
        });
        assembly.end(request.ended(talk.run(id, question.ask(), request.caller(), flow, assembly)));
        flow.document(Json.bytes(assembly.message()));
    }

    private void stream(Request request, MessagesQuestion question, String id) throws IOException {
        Outflow flow = new Outflow(request.exchange(), Outflow.Kind.EVENTS);
        MessageAssembly assembly = new MessageAssembly(question, id, event -> send(flow, event));
        try {
            assembly.end(request.ended(talk.run(id, question.ask(), request.caller(), flow, assembly)));
        } catch (ApiError e) {
            if (!flow.isOpen()) {
                throw e;
            }
            send(flow, error(e, request));
        }
        flow.end();
    }

    private static void send(Outflow flow, ObjectNode event) throws IOException {
        flow.send("event: " + event.path("type").asText() + "\ndata: " + Json.text(event) + "\n\n");
    }

    private String named(Request request, String prefix) {
        String id = ids.next(prefix);
        request.answersAs(id);
        request.exchange().header("request-id", id); // as clients of Anthropic look for it
        return id;
    }

    /** How many tokens the model would read. */
    public void count(Request request) throws IOException {
        Fields fields = request.fields();
        MessagesQuestion question = MessagesQuestion.read(fields, models, false);
        request.asks(question.ask().model());
        request.warn(fields);
        request.answer(Json.object().put("input_tokens", Talk.promptTokens(question.ask())));
    }

    /** An error as Anthropic writes it, with the id that the header tells; so nothing of the answer may be out without one. */
    public ObjectNode error(ApiError problem, Request request) {
        String type = switch (problem.status()) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503 -> "overloaded_error";
            default -> problem.status() < 500 ? "invalid_request_error" : "api_error";
        };
        ObjectNode error = Json.object().put("type", "error");
        error.putObject("error").put("type", type).put("message", problem.getMessage());
        return error.put("request_id", request.id().orElseGet(() -> named(request, "req_")));
    }
}
