/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.anthropic;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Ending;
import dev.millrace.plugin.openai.talk.Listener;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Builds a message out of what a model says, and tells every part as an event. */
final class MessageAssembly implements Listener {

    /** Takes events, in order. */
    @FunctionalInterface
    interface Events {

        /** One event; its {@code type} is in it. */
        void send(ObjectNode event) throws IOException;
    }

    private final boolean thinking;
    private final Events events;
    private final ObjectNode message;
    private final ArrayNode content = Json.array();
    private final StringBuilder text = new StringBuilder();
    private @Nullable ObjectNode block;

    MessageAssembly(MessagesQuestion question, String id, Events events) {
        this.thinking = question.thinking();
        this.events = events;
        message = Json.object().put("id", id).put("type", "message").put("role", "assistant").put("model",
                question.ask().model().id());
        message.set("content", content);
        message.putNull("stop_reason").putNull("stop_sequence");
        usage(message.putObject("usage"), 0, 0, 0);
    }

    /** The message as it is now. */
    ObjectNode message() {
        return message;
    }

    private static void usage(ObjectNode usage, int input, int cached, int output) {
        usage.put("input_tokens", input).put("cache_creation_input_tokens", 0).put("cache_read_input_tokens", cached)
                .put("output_tokens", output);
    }

    @Override
    public void begun(int promptTokens) throws IOException {
        usage(message.putObject("usage"), promptTokens, 0, 0);
        ObjectNode start = Json.object().put("type", "message_start");
        start.set("message", message);
        events.send(start);
        events.send(Json.object().put("type", "ping"));
    }

    @Override
    public void thinking(String piece) throws IOException {
        if (thinking) {
            piece("thinking", "thinking", piece);
        }
    }

    @Override
    public void text(String piece) throws IOException {
        piece("text", "text", piece);
    }

    private void piece(String type, String field, String piece) throws IOException {
        ObjectNode current = block;
        if (current == null || !current.path("type").asText().equals(type)) {
            close();
            ObjectNode opened = Json.object().put("type", type).put(field, "");
            if (type.equals("thinking")) {
                opened.put("signature", "");
            }
            block = opened;
            start(opened);
        }
        text.append(piece);
        delta(Json.object().put("type", type + "_delta").put(field, piece));
    }

    @Override
    public void called(ToolCall call) throws IOException {
        close();
        ObjectNode opened = Json.object().put("type", "tool_use").put("id", call.id()).put("name", call.name());
        opened.putObject("input");
        start(opened);
        delta(Json.object().put("type", "input_json_delta").put("partial_json",
                Json.text(Json.tree(call.arguments()))));
        opened.set("input", Json.tree(call.arguments()));
        stop();
    }

    private void start(ObjectNode opened) throws IOException {
        content.add(opened);
        ObjectNode start = Json.object().put("type", "content_block_start").put("index", content.size() - 1);
        start.set("content_block", opened);
        events.send(start);
    }

    private void delta(ObjectNode delta) throws IOException {
        ObjectNode event = Json.object().put("type", "content_block_delta").put("index", content.size() - 1);
        event.set("delta", delta);
        events.send(event);
    }

    private void stop() throws IOException {
        events.send(Json.object().put("type", "content_block_stop").put("index", content.size() - 1));
    }

    private void close() throws IOException {
        ObjectNode current = block;
        if (current == null) {
            return;
        }
        block = null;
        boolean thought = current.path("type").asText().equals("thinking");
        if (thought) {
            // clients send it back; there is nothing to prove here
            delta(Json.object().put("type", "signature_delta").put("signature", "none"));
            current.put("signature", "none");
        }
        current.put(thought ? "thinking" : "text", text.toString());
        text.setLength(0);
        stop();
    }

    /** All is said. */
    void end(Ending end) throws IOException {
        close();
        message.put("stop_reason", switch (end.reason()) {
            case STOP -> end.stopString().isPresent() ? "stop_sequence" : "end_turn";
            case LENGTH -> "max_tokens";
            case CALLS -> "tool_use";
        });
        message.put("stop_sequence", end.stopString().orElse(null));
        int cached = end.cachedTokens();
        usage(message.putObject("usage"), end.usage().promptTokens() - cached, cached,
                end.usage().completionTokens());
        ObjectNode last = Json.object().put("type", "message_delta");
        last.putObject("delta").put("stop_reason", message.path("stop_reason").asText()).put("stop_sequence",
                end.stopString().orElse(null));
        last.set("usage", message.path("usage"));
        events.send(last);
        events.send(Json.object().put("type", "message_stop"));
    }
}
