/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.responses;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.chat.Logprobs;
import dev.millrace.plugin.openai.talk.Ending;
import dev.millrace.plugin.openai.talk.Ids;
import dev.millrace.plugin.openai.talk.Listener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds a response out of what a model says, and tells every part as an event. */
final class ResponseAssembly implements Listener {

    /** Takes events, in order. */
    @FunctionalInterface
    interface Events {

        /** One event; {@code type} and {@code sequence_number} are in it. */
        void send(ObjectNode event) throws IOException;
    }

    private final Ids ids;
    private final Events events;
    private final ObjectNode response = Json.object();
    private final ArrayNode output = Json.array();
    private final StringBuilder text = new StringBuilder();
    private final List<TokenScore> tokens = new ArrayList<>();
    private @Nullable ObjectNode item;
    private int sequence;

    ResponseAssembly(ResponseQuestion question, String id, Ids ids, Events events) {
        this.ids = ids;
        this.events = events;
        response.put("id", id).put("object", "response").put("created_at",
                System.currentTimeMillis() / 1000);
        response.put("status", "in_progress").put("background", false);
        response.putNull("error").putNull("incomplete_details");
        response.put("model", question.ask().model().id());
        response.putObject("text").putObject("format").put("type", "text");
        response.setAll(question.echo());
        response.set("output", output);
        response.putNull("previous_response_id");
        response.put("store", false).put("truncation", "disabled");
    }

    /** The response as it is now. */
    ObjectNode response() {
        return response;
    }

    @Override
    public void begun(int promptTokens) throws IOException {
        whole("response.created");
        whole("response.in_progress");
    }

    @Override
    public void thinking(String piece) throws IOException {
        ObjectNode current = open("reasoning");
        text.append(piece);
        events.send(event("response.reasoning_text.delta", current).put("content_index", 0).put("delta", piece));
    }

    @Override
    public void text(String piece) throws IOException {
        text(piece, List.of());
    }

    @Override
    public void text(String piece, List<TokenScore> scores) throws IOException {
        ObjectNode current = open("message");
        text.append(piece);
        ObjectNode said = event("response.output_text.delta", current).put("content_index", 0).put("delta", piece);
        said.set("logprobs", Logprobs.list(scores));
        tokens.addAll(scores);
        events.send(said);
    }

    @Override
    public void called(ToolCall call) throws IOException {
        close("completed");
        String arguments = Json.text(Json.tree(call.arguments()));
        ObjectNode current = Json.object().put("id", ids.next("fc_")).put("type", "function_call")
                .put("status", "in_progress").put("call_id", call.id()).put("name", call.name()).put("arguments", "");
        output.add(current);
        added(current);
        events.send(event("response.function_call_arguments.delta", current).put("delta", arguments));
        events.send(event("response.function_call_arguments.done", current).put("name", call.name())
                .put("arguments", arguments));
        current.put("status", "completed").put("arguments", arguments);
        done(current);
    }

    /** All is said. */
    void end(Ending end) throws IOException {
        boolean cut = end.reason() == Ending.Reason.LENGTH;
        close(cut ? "incomplete" : "completed");
        response.put("status", cut ? "incomplete" : "completed");
        if (cut) {
            response.putObject("incomplete_details").put("reason", "max_output_tokens");
        } else {
            response.put("completed_at", System.currentTimeMillis() / 1000);
        }
        int input = end.usage().promptTokens();
        int written = end.usage().completionTokens();
        ObjectNode usage = response.putObject("usage").put("input_tokens", input);
        usage.putObject("input_tokens_details").put("cached_tokens", end.cachedTokens())
                .put("cache_write_tokens", 0);
        usage.put("output_tokens", written);
        usage.putObject("output_tokens_details").put("reasoning_tokens", end.reasoningTokens());
        usage.put("total_tokens", input + written);
        response.set("timings", end.timingsJson());
        whole(cut ? "response.incomplete" : "response.completed");
    }

    /** It failed in the middle. */
    void failed(ApiError problem) throws IOException {
        close("incomplete");
        response.put("status", "failed");
        response.putObject("error").put("code", "server_error").put("message", problem.getMessage());
        whole("response.failed");
    }

    private ObjectNode open(String type) throws IOException {
        ObjectNode current = item;
        if (current != null && current.path("type").asText().equals(type)) {
            return current;
        }
        close("completed");
        ObjectNode opened = Json.object().put("id", ids.next(type.equals("message") ? "msg_" : "rs_")).put("type",
                type);
        if (type.equals("message")) {
            opened.put("role", "assistant");
        } else {
            opened.putArray("summary");
        }
        opened.put("status", "in_progress").putArray("content");
        output.add(opened);
        item = opened;
        added(opened);
        ObjectNode told = event("response.content_part.added", opened).put("content_index", 0);
        told.set("part", part(type, "", List.of()));
        events.send(told);
        return opened;
    }

    private void close(String status) throws IOException {
        ObjectNode current = item;
        if (current == null) {
            return;
        }
        item = null;
        String type = current.path("type").asText();
        String whole = text.toString();
        text.setLength(0);
        List<TokenScore> scores = List.copyOf(tokens);
        tokens.clear();
        ObjectNode said = event(
                type.equals("message") ? "response.output_text.done" : "response.reasoning_text.done", current)
                .put("content_index", 0).put("text", whole);
        if (type.equals("message")) {
            said.set("logprobs", Logprobs.list(scores));
        }
        events.send(said);
        ObjectNode part = part(type, whole, scores);
        ObjectNode told = event("response.content_part.done", current).put("content_index", 0);
        told.set("part", part);
        events.send(told);
        current.putArray("content").add(part);
        current.put("status", status);
        done(current);
    }

    private static ObjectNode part(String type, String text, List<TokenScore> scores) {
        ObjectNode part = Json.object().put("type", type.equals("message") ? "output_text" : "reasoning_text")
                .put("text", text);
        if (type.equals("message")) {
            part.putArray("annotations");
            part.set("logprobs", Logprobs.list(scores));
        }
        return part;
    }

    // ---- events

    private ObjectNode event(String type, ObjectNode of) {
        return Json.object().put("type", type).put("sequence_number", sequence++)
                .put("item_id", of.path("id").asText()).put("output_index", output.size() - 1);
    }

    private void added(ObjectNode of) throws IOException {
        itself("response.output_item.added", of);
    }

    private void done(ObjectNode of) throws IOException {
        itself("response.output_item.done", of);
    }

    private void itself(String type, ObjectNode of) throws IOException {
        ObjectNode told = Json.object().put("type", type).put("sequence_number", sequence++).put("output_index",
                output.size() - 1);
        told.set("item", of);
        events.send(told);
    }

    private void whole(String type) throws IOException {
        ObjectNode told = Json.object().put("type", type).put("sequence_number", sequence++);
        told.set("response", response);
        events.send(told);
    }
}
