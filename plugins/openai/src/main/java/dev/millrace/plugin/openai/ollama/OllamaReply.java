/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.chat.Logprobs;
import dev.millrace.plugin.openai.talk.Ending;
import dev.millrace.plugin.openai.talk.Listener;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Writes an answer as Ollama does: one line per piece, or one object. */
final class OllamaReply implements Listener {

    /** The two forms of an answer. */
    enum Form {
        /** A message. */
        CHAT,
        /** A text. */
        GENERATE
    }

    private final Outflow flow;
    private final OllamaQuestion question;
    private final Form form;
    private final long start = System.nanoTime();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder thinking = new StringBuilder();
    private final ArrayNode calls = Json.array();
    private final List<TokenScore> tokens = new ArrayList<>();

    OllamaReply(Outflow flow, OllamaQuestion question, Form form) {
        this.flow = flow;
        this.question = question;
        this.form = form;
    }

    /** An answer that says nothing. */
    static ObjectNode empty(OpenModel model, Form form) {
        return piece(model, form, "", "", Json.array());
    }

    private static ObjectNode piece(OpenModel model, Form form, String text, String thinking, ArrayNode calls) {
        ObjectNode json = Json.object().put("model", model.id()).put("created_at", Instant.now().toString());
        if (form == Form.GENERATE) {
            json.put("response", text);
            if (!thinking.isEmpty()) {
                json.put("thinking", thinking);
            }
            return json;
        }
        ObjectNode message = json.putObject("message").put("role", "assistant").put("content", text);
        if (!thinking.isEmpty()) {
            message.put("thinking", thinking);
        }
        if (!calls.isEmpty()) {
            message.set("tool_calls", calls);
        }
        return json;
    }

    private void say(String said, String thought, ArrayNode called, List<TokenScore> scores) throws IOException {
        if (question.stream()) {
            ObjectNode piece = piece(question.ask().model(), form, said, thought, called).put("done", false);
            if (!scores.isEmpty()) {
                piece.set("logprobs", Logprobs.list(scores));
            }
            line(piece);
        } else {
            tokens.addAll(scores);
            text.append(said);
            thinking.append(thought);
            calls.addAll(called);
        }
    }

    private void line(ObjectNode json) throws IOException {
        flow.send(Json.text(json) + "\n");
    }

    @Override
    public void thinking(String piece) throws IOException {
        if (question.thinking()) {
            say("", piece, Json.array(), List.of());
        }
    }

    @Override
    public void text(String piece) throws IOException {
        text(piece, List.of());
    }

    @Override
    public void text(String piece, List<TokenScore> scores) throws IOException {
        say(piece, "", Json.array(), scores);
    }

    /** Arguments are an object here, and there is no id. */
    @Override
    public void called(ToolCall call) throws IOException {
        ObjectNode json = Json.object();
        json.putObject("function").put("name", call.name()).set("arguments", Json.tree(call.arguments()));
        say("", "", Json.array().add(json), List.of());
    }

    /** All is said. */
    void end(Ending end) throws IOException {
        ObjectNode last = piece(question.ask().model(), form, text.toString(), thinking.toString(), calls);
        if (!tokens.isEmpty()) {
            last.set("logprobs", Logprobs.list(tokens));
        }
        last.put("done", true).put("done_reason", end.reason() == Ending.Reason.LENGTH ? "length" : "stop");
        last.put("total_duration", System.nanoTime() - start).put("load_duration", 0)
                .put("prompt_eval_count", end.usage().promptTokens())
                .put("prompt_eval_duration", end.timings().prefill().toNanos())
                .put("eval_count", end.usage().completionTokens())
                .put("eval_duration", end.timings().decode().toNanos());
        if (question.stream()) {
            line(last);
            flow.end();
        } else {
            flow.document(Json.bytes(last));
        }
    }
}
