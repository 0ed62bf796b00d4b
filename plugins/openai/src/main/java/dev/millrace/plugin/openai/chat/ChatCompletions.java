/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Ending;
import dev.millrace.plugin.openai.talk.Endpoint;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Listener;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** {@code POST /v1/chat/completions}. */
public final class ChatCompletions implements Endpoint {

    private final Models models;
    private final Talk talk;
    private final Ids ids;

    /** Answers with some models. */
    public ChatCompletions(Models models, Talk talk, Ids ids) {
        this.models = models;
        this.talk = talk;
        this.ids = ids;
    }

    @Override
    public void handle(Request request) throws IOException {
        Fields fields = request.fields();
        ChatQuestion question = ChatQuestion.read(fields, models);
        request.asks(question.ask().model());
        request.warn(fields);
        String id = ids.next("chatcmpl-");
        request.answersAs(id);
        if (question.stream()) {
            new ChatStream(new Outflow(request.exchange(), Outflow.Kind.EVENTS), question, id).run(talk, request);
        } else {
            whole(request, question, id);
        }
    }

    /** {@code POST /v1/chat/completions/input_tokens}: how many tokens the model would read. */
    public void count(Request request) throws IOException {
        Fields fields = request.fields();
        ChatQuestion question = ChatQuestion.read(fields, models);
        request.asks(question.ask().model());
        request.warn(fields);
        request.answer(Json.object().put("object", "response.input_tokens").put("input_tokens",
                Talk.promptTokens(question.ask())));
    }

    private void whole(Request request, ChatQuestion question, String id) throws IOException {
        Outflow flow = new Outflow(request.exchange(), Outflow.Kind.DOCUMENT);
        long created = System.currentTimeMillis() / 1000;
        List<Collected> said = IntStream.range(0, question.ask().answers()).mapToObj(i -> new Collected()).toList();
        List<Ending> ends = talk.run(id, question.ask(), request.caller(), flow, said);
        request.ended(ends.getFirst());
        ObjectNode document = Json.object().put("id", id).put("object", "chat.completion").put("created", created)
                .put("model", question.ask().model().id());
        ArrayNode choices = document.putArray("choices");
        for (int i = 0; i < said.size(); i++) {
            choices.add(said.get(i).choice(i, question, ends.get(i)));
        }
        document.set("usage", ChatJson.usage(ends));
        document.set("timings", ends.getFirst().timingsJson());
        flow.document(Json.bytes(document));
    }

    /** Gathers an answer. */
    private static final class Collected implements Listener {

        private final StringBuilder text = new StringBuilder();
        private final StringBuilder thinking = new StringBuilder();
        private final ArrayNode calls = Json.array();
        private final List<TokenScore> tokens = new ArrayList<>();

        ObjectNode choice(int index, ChatQuestion question, Ending end) {
            ObjectNode message = Json.object().put("role", "assistant");
            // null beside calls, as clients expect it; else always text
            message.put("content", calls.isEmpty() || !text.isEmpty() ? text.toString() : null);
            message.putNull("refusal");
            if (!thinking.isEmpty()) {
                message.put(question.reasoningField(), thinking.toString());
            }
            if (!calls.isEmpty()) {
                message.set("tool_calls", calls);
            }
            ObjectNode choice = Json.object().put("index", index);
            choice.set("message", message);
            if (question.ask().logprobs().isPresent()) {
                choice.set("logprobs", Logprobs.write(tokens));
            } else {
                choice.putNull("logprobs");
            }
            choice.put("finish_reason", ChatJson.finishReason(end));
            end.stopString().ifPresent(text -> choice.put("stop_reason", text));
            return choice;
        }

        @Override
        public void thinking(String piece) {
            thinking.append(piece);
        }

        @Override
        public void text(String piece) {
            text.append(piece);
        }

        @Override
        public void text(String piece, List<TokenScore> scores) {
            text(piece);
            tokens.addAll(scores);
        }

        @Override
        public void called(ToolCall call) {
            ObjectNode json = Json.object().put("id", call.id()).put("type", "function");
            json.putObject("function").put("name", call.name()).put("arguments",
                    Json.text(Json.tree(call.arguments())));
            calls.add(json);
        }
    }
}
