/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.chat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.PromptProgress;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Outflow;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Ending;
import dev.millrace.plugin.openai.talk.Listener;
import dev.millrace.plugin.openai.talk.Request;
import dev.millrace.plugin.openai.talk.Talk;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Sends answers in chunks: one id, one time and one model in all of them. */
final class ChatStream {

    private final Outflow flow;
    private final ChatQuestion question;
    private final String id;
    private final long created = System.currentTimeMillis() / 1000;
    private final long begun = System.nanoTime();

    ChatStream(Outflow flow, ChatQuestion question, String id) {
        this.flow = flow;
        this.question = question;
        this.id = id;
    }

    void run(Talk talk, Request request) throws IOException {
        try {
            List<Choice> choices = IntStream.range(0, question.ask().answers()).mapToObj(Choice::new).toList();
            List<Ending> ends = talk.run(id, question.ask(), request.caller(), flow, choices);
            request.ended(ends.getFirst());
            for (Choice choice : choices) {
                Ending end = ends.get(choice.number);
                ObjectNode last = choice.chunk(Json.object(), ChatJson.finishReason(end));
                end.stopString()
                        .ifPresent(text -> ((ObjectNode) last.path("choices").path(0)).put("stop_reason", text));
                last.set("timings", end.timingsJson());
                send(last);
            }
            if (question.includeUsage()) {
                ObjectNode usage = frame();
                usage.putArray("choices");
                usage.set("usage", ChatJson.usage(ends));
                send(usage);
            }
        } catch (ApiError e) {
            if (!flow.isOpen()) {
                throw e;
            }
            send(ChatJson.error(e));
        }
        flow.send("data: [DONE]\n\n");
        flow.end();
    }

    /** Sends one of the answers. */
    private final class Choice implements Listener {

        private final int number;
        private int calls;

        Choice(int number) {
            this.number = number;
        }

        @Override
        public void begun(int promptTokens) throws IOException {
            send(chunk(Json.object().put("role", "assistant").put("content", ""), null));
        }

        /** In the words of llama-server. */
        @Override
        public void reading(PromptProgress progress) throws IOException {
            if (question.progress()) {
                ObjectNode chunk = chunk(Json.object(), null);
                chunk.putObject("prompt_progress").put("total", progress.tokens())
                        .put("cache", progress.cachedTokens()).put("processed", progress.readTokens())
                        .put("time_ms", (System.nanoTime() - begun) / 1_000_000);
                send(chunk);
            }
        }

        @Override
        public void thinking(String piece) throws IOException {
            send(chunk(Json.object().put(question.reasoningField(), piece), null));
        }

        @Override
        public void text(String piece) throws IOException {
            text(piece, List.of());
        }

        @Override
        public void text(String piece, List<TokenScore> tokens) throws IOException {
            ObjectNode chunk = chunk(Json.object().put("content", piece), null);
            if (!tokens.isEmpty()) {
                ((ObjectNode) chunk.path("choices").path(0)).set("logprobs", Logprobs.write(tokens));
            }
            send(chunk);
        }

        /** First the id and the name with empty arguments, then the arguments: clients rely on that order. */
        @Override
        public void called(ToolCall call) throws IOException {
            int index = calls++;
            ObjectNode first = Json.object().put("index", index).put("id", call.id()).put("type", "function");
            first.putObject("function").put("name", call.name()).put("arguments", "");
            send(chunk(delta(first), null));
            ObjectNode second = Json.object().put("index", index);
            second.putObject("function").put("arguments", Json.text(Json.tree(call.arguments())));
            send(chunk(delta(second), null));
        }

        private ObjectNode chunk(ObjectNode delta, @Nullable String finishReason) {
            ObjectNode choice = Json.object().put("index", number);
            choice.set("delta", delta);
            choice.putNull("logprobs");
            choice.put("finish_reason", finishReason);
            ObjectNode chunk = frame();
            chunk.putArray("choices").add(choice);
            return chunk;
        }
    }

    private static ObjectNode delta(ObjectNode call) {
        ObjectNode delta = Json.object();
        delta.putArray("tool_calls").add(call);
        return delta;
    }

    private ObjectNode frame() {
        return Json.object().put("id", id).put("object", "chat.completion.chunk").put("created", created).put("model",
                question.ask().model().id());
    }

    private void send(ObjectNode chunk) throws IOException {
        flow.send("data: " + Json.text(chunk) + "\n\n");
    }
}
