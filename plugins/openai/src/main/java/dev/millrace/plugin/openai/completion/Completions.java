/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.completion;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Fields;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.chat.ChatJson;
import dev.millrace.plugin.openai.talk.Ask;
import dev.millrace.plugin.openai.talk.Endpoint;
import dev.millrace.plugin.openai.talk.Ending;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Listener;
import dev.millrace.plugin.openai.talk.Models;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/completions}, whole or as a stream. Several prompts are answered one after the other. */
public final class Completions implements Endpoint {

    private final Models models;
    private final Talk talk;
    private final Ids ids;

    /** Answers by models. */
    public Completions(Models models, Talk talk, Ids ids) {
        this.models = models;
        this.talk = talk;
        this.ids = ids;
    }

    @Override
    public void handle(Request request) throws IOException {
        Fields fields = request.fields();
        CompletionQuestion question = CompletionQuestion.read(fields, models);
        request.asks(question.asks().getFirst().model());
        request.warn(fields);
        Outflow flow = new Outflow(request.exchange(),
                question.stream() ? Outflow.Kind.EVENTS : Outflow.Kind.DOCUMENT);
        new Answering(question, flow, request).run();
    }

    /** One request. */
    private final class Answering {

        private final CompletionQuestion question;
        private final Outflow flow;
        private final Request request;
        private final String id = ids.next("cmpl-");
        private final long created = System.currentTimeMillis() / 1000;
        private final List<Ending> ends = new ArrayList<>();
        private final ArrayNode choices = Json.array();

        Answering(CompletionQuestion question, Outflow flow, Request request) {
            this.question = question;
            this.flow = flow;
            this.request = request;
        }

        void run() throws IOException {
            request.answersAs(id);
            try {
                for (int prompt = 0; prompt < question.asks().size(); prompt++) {
                    answer(prompt);
                }
            } catch (ApiError e) {
                if (!question.stream() || !flow.isOpen()) {
                    throw e;
                }
                send(ChatJson.error(e));
                flow.send("data: [DONE]\n\n");
                flow.end();
                return;
            }
            if (question.stream()) {
                if (question.includeUsage()) {
                    ObjectNode usage = frame();
                    usage.putArray("choices");
                    usage.set("usage", usage());
                    send(usage);
                }
                flow.send("data: [DONE]\n\n");
                flow.end();
            } else {
                ObjectNode document = frame();
                document.set("choices", choices);
                document.set("usage", usage());
                document.set("timings", ends.getFirst().timingsJson());
                flow.document(Json.bytes(document));
            }
        }

        private void answer(int prompt) throws IOException {
            Ask ask = question.asks().get(prompt);
            List<Choice> here = new ArrayList<>();
            for (int i = 0; i < ask.answers(); i++) {
                here.add(new Choice(this, prompt * ask.answers() + i, question.echo() ? question.prompt(prompt) : ""));
            }
            List<Ending> ended = talk.run(id, ask, request.caller(), flow, here);
            for (int i = 0; i < here.size(); i++) {
                here.get(i).end(ended.get(i));
            }
            ends.addAll(ended);
            request.ended(ended.getFirst());
        }

        private ObjectNode frame() {
            return Json.object().put("id", id).put("object", "text_completion").put("created", created).put("model",
                    question.asks().getFirst().model().id());
        }

        /** Each prompt is counted once, as it is read once. */
        private ObjectNode usage() {
            int answers = question.asks().getFirst().answers();
            int prompt = 0;
            int cached = 0;
            int completion = 0;
            for (int i = 0; i < ends.size(); i++) {
                prompt += i % answers == 0 ? ends.get(i).usage().promptTokens() : 0;
                cached += i % answers == 0 ? ends.get(i).cachedTokens() : 0;
                completion += ends.get(i).usage().completionTokens();
            }
            ObjectNode usage = Json.object().put("prompt_tokens", prompt).put("completion_tokens", completion)
                    .put("total_tokens", prompt + completion);
            usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
            return usage;
        }

        private void send(ObjectNode event) throws IOException {
            flow.send("data: " + Json.text(event) + "\n\n");
        }
    }

    /** One of the answers: sent in pieces, or gathered. */
    private static final class Choice implements Listener {

        private final Answering answering;
        private final int number;
        private final String before;
        private final StringBuilder text = new StringBuilder();
        private final List<TokenScore> tokens = new ArrayList<>();
        private int offset;

        Choice(Answering answering, int number, String before) {
            this.answering = answering;
            this.number = number;
            this.before = before;
        }

        @Override
        public void begun(int promptTokens) throws IOException {
            if (answering.question.stream()) {
                answering.flow.open();
            }
            if (!before.isEmpty()) {
                text(before);
            }
        }

        @Override
        public void thinking(String piece) throws IOException {
            text(piece);
        }

        @Override
        public void text(String piece) throws IOException {
            text(piece, List.of());
        }

        @Override
        public void text(String piece, List<TokenScore> scores) throws IOException {
            if (answering.question.stream()) {
                ObjectNode event = answering.frame();
                event.putArray("choices").add(choice(piece, scores, null));
                answering.send(event);
            } else {
                text.append(piece);
                tokens.addAll(scores);
            }
        }

        @Override
        public void called(ToolCall call) {
            throw new IllegalStateException("Bare text has no calls.");
        }

        void end(Ending end) throws IOException {
            String reason = end.reason() == Ending.Reason.LENGTH ? "length" : "stop";
            ObjectNode last = choice(text.toString(), tokens, reason);
            if (answering.question.stream()) {
                ObjectNode event = answering.frame();
                event.putArray("choices").add(last);
                answering.send(event);
            } else {
                answering.choices.add(last);
            }
        }

        private ObjectNode choice(String piece, List<TokenScore> scores, @Nullable String reason) {
            ObjectNode choice = Json.object().put("text", piece).put("index", number);
            if (scores.isEmpty()) {
                choice.putNull("logprobs");
            } else {
                choice.set("logprobs", logprobs(scores));
            }
            return choice.put("finish_reason", reason);
        }

        /** In the older form of OpenAI, by lists. */
        private ObjectNode logprobs(List<TokenScore> scores) {
            ObjectNode logprobs = Json.object();
            ArrayNode texts = logprobs.putArray("tokens");
            ArrayNode values = logprobs.putArray("token_logprobs");
            ArrayNode alternatives = logprobs.putArray("top_logprobs");
            ArrayNode offsets = logprobs.putArray("text_offset");
            for (TokenScore score : scores) {
                texts.add(score.token().text());
                values.add(finite(score.token().logprob()));
                ObjectNode others = alternatives.addObject();
                score.alternatives().forEach(other -> others.put(other.text(), finite(other.logprob())));
                offsets.add(offset);
                offset += score.token().text().length();
            }
            return logprobs;
        }

        /** JSON has no infinity. */
        private static double finite(double logprob) {
            return Math.max(-9999, logprob);
        }
    }
}
