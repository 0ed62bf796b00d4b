/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The model calls a tool that nobody offered, and what it is told about that no longer fits into the context: the answer is cut, as where
 * its own words fill it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FullContextTest {

    /** Holds the question and the call, not the result. */
    private static final int CONTEXT = 224;
    private static final String CHAT = "/v1/chat/completions";

    private final Nano nano = new Nano("context", Integer.toString(CONTEXT));

    FullContextTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private static String told() throws IOException {
        // as the model's template writes tools
        return "List of tools: " + Nano.JSON.readTree(Nano.TOOLS);
    }

    /** With the tools in a message of the system. */
    private static ObjectNode question(boolean stream) throws IOException {
        ObjectNode body = Nano.JSON.createObjectNode().put("model", "nano").put("temperature", 0).put("stream", stream);
        ArrayNode messages = body.putArray("messages");
        messages.addObject().put("role", "system").put("content", told());
        messages.addObject().put("role", "user").put("content", "Turn on the kitchen lamp.");
        return body;
    }

    private static ObjectNode anthropic(boolean stream) throws IOException {
        ObjectNode body = question(stream).put("system", told()).put("max_tokens", 150);
        ((ArrayNode) body.path("messages")).remove(0);
        return body;
    }

    private static ObjectNode ollama(boolean stream) throws IOException {
        ObjectNode body = question(stream);
        body.putObject("options").put("temperature", 0);
        return body;
    }

    private static ObjectNode response(boolean stream) throws IOException {
        ObjectNode body = question(stream).put("instructions", told()).put("input", "Turn on the kitchen lamp.");
        body.remove("messages");
        return body;
    }

    private JsonNode last(String path, ObjectNode body) throws Exception {
        return nano.stream(path, body.toString()).getLast();
    }

    @Test
    void noMoreTokensWereKnownThanThePromptHas() throws Exception {
        try (Nano large = new Nano()) {
            // two rounds, of which the second finds all of the first again, and the second request all of both
            large.ask(CHAT, question(false).toString());
            JsonNode usage = large.ask(CHAT, question(false).toString()).path("usage");
            assertTrue(usage.at("/prompt_tokens_details/cached_tokens").asInt() <= usage.path("prompt_tokens").asInt(),
                    usage::toString);
            JsonNode input = large.ask("/v1/responses", response(false).toString()).path("usage");
            assertTrue(input.at("/input_tokens_details/cached_tokens").asInt() <= input.path("input_tokens").asInt(),
                    input::toString);
        }
    }

    @Test
    void cutsTheAnswerInEachApi() throws Exception {
        JsonNode chat = nano.ask(CHAT, question(false).toString());
        assertEquals("length", chat.at("/choices/0/finish_reason").asText());
        assertTrue(chat.at("/usage/total_tokens").asInt(CONTEXT) < CONTEXT, "there was room for more words: " + chat);
        assertEquals("length", last(CHAT, question(true)).at("/choices/0/finish_reason").asText());

        JsonNode response = nano.ask("/v1/responses", response(false).toString());
        assertEquals("incomplete", response.path("status").asText());
        assertEquals("max_output_tokens", response.at("/incomplete_details/reason").asText());
        assertEquals("response.incomplete", last("/v1/responses", response(true)).path("type").asText());

        assertEquals("max_tokens", nano.ask("/v1/messages", anthropic(false).toString()).path("stop_reason").asText());
        assertTrue(nano.stream("/v1/messages", anthropic(true).toString()).stream()
                .anyMatch(event -> event.at("/delta/stop_reason").asText().equals("max_tokens")));

        assertEquals("length", nano.ask("/api/chat", ollama(false).toString()).path("done_reason").asText());
        HttpResponse<String> lines = nano.post("/api/chat", ollama(true).toString());
        assertEquals(200, lines.statusCode(), lines::body);
        assertTrue(lines.body().contains("\"done_reason\":\"length\""), lines::body);
    }
}
