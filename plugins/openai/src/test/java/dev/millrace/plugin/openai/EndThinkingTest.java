/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A thinking that goes on and on is ended from outside, in each API, and the model speaks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EndThinkingTest {

    private static final int ATTEMPTS = 20;
    /** So hot that a thought goes on for long: its last mark is one token of thousands. The same each time, by its seed. */
    private static final String HOT = "\"temperature\":100,\"top_k\":0,\"top_p\":1,\"min_p\":0,\"seed\":9";

    private final Nano nano = new Nano();

    EndThinkingTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    /** A question whose answer begins in the middle of a thought. */
    private static String body(String path) {
        String begun = "\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"},{\"role\":\"assistant\",";
        return switch (path) {
            case "/v1/responses" -> "{\"stream\":true," + HOT + ",\"input\":[{\"role\":\"user\",\"content\":\"Bye\"},"
                    + "{\"type\":\"reasoning\",\"content\":[{\"type\":\"reasoning_text\",\"text\":\"The user\"}]}]}";
            case "/v1/messages" -> "{\"model\":\"nano\",\"stream\":true,\"max_tokens\":3900,\"thinking\":{\"type\":"
                    + "\"enabled\"}," + HOT + "," + begun + "\"content\":[{\"type\":\"thinking\",\"thinking\":"
                    + "\"The user\"}]}]}";
            case "/api/chat" -> "{\"model\":\"nano\",\"options\":{" + HOT + "}," + begun
                    + "\"content\":\"\",\"thinking\":\"The user\"}]}";
            default -> "{\"stream\":true," + HOT + "," + begun + "\"reasoning_content\":\"The user\"}]}";
        };
    }

    private static String thought(String path, JsonNode event) {
        return switch (path) {
            case "/v1/responses" -> event.path("type").asText().equals("response.reasoning_text.delta")
                    ? event.path("delta").asText()
                    : "";
            case "/v1/messages" -> event.at("/delta/thinking").asText();
            case "/api/chat" -> event.at("/message/thinking").asText();
            default -> event.at("/choices/0/delta/reasoning_content").asText();
        };
    }

    private static String said(String path, JsonNode event) {
        return switch (path) {
            case "/v1/responses" -> event.path("type").asText().equals("response.output_text.delta")
                    ? event.path("delta").asText()
                    : "";
            case "/v1/messages" -> event.at("/delta/text").asText();
            case "/api/chat" -> event.at("/message/content").asText();
            default -> event.at("/choices/0/delta/content").asText();
        };
    }

    /** What a client does between the first piece of thinking and the next. */
    private interface Meanwhile {

        void thinks(String id) throws Exception;
    }

    /**
     * Reads a stream until the model says something.
     *
     * @return what it thought before
     */
    private String thought(String path, Meanwhile meanwhile) throws Exception {
        HttpResponse<Stream<String>> answer = nano.client.send(
                nano.request(path).POST(HttpRequest.BodyPublishers.ofString(body(path))).build(),
                HttpResponse.BodyHandlers.ofLines());
        String id = answer.headers().firstValue("X-Request-Id").orElse("");
        StringBuilder thought = new StringBuilder();
        try (Stream<String> lines = answer.body()) {
            for (Iterator<String> each = lines.iterator(); each.hasNext();) {
                String line = each.next().replaceFirst("^data: ", "");
                if (!line.startsWith("{") && !line.startsWith(" {")) {
                    continue;
                }
                JsonNode event = Nano.JSON.readTree(line);
                if (!said(path, event).isEmpty()) {
                    return thought.toString();
                }
                String piece = thought(path, event);
                if (thought.isEmpty() && !piece.isEmpty()) {
                    meanwhile.thinks(id);
                }
                thought.append(piece);
            }
        }
        throw new AssertionError("It says nothing after " + thought);
    }

    private void end(String path, String body) throws Exception {
        HttpResponse<String> answer = nano.post(path, body);
        if (answer.statusCode() == 200) {
            assertTrue(Nano.JSON.readTree(answer.body()).path("ended").asBoolean(), answer::body);
        } else {
            // it has been over for a moment
            assertEquals(404, answer.statusCode(), answer::body);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat"})
    void thinkingIsEndedInEachApi(String path) throws Exception {
        ended(path, id -> end(path + "/" + id + "/end_thinking", "{}"));
    }

    @Test
    void thinkingIsEndedAsLlamaServerHasIt() throws Exception {
        ended("/v1/chat/completions", id -> end("/v1/chat/completions/control",
                "{\"id\":\"" + id + "\",\"action\":\"reasoning_end\"}"));
        assertEquals(400, nano.post("/v1/chat/completions/control", "{\"id\":\"x\",\"action\":\"stop\"}").statusCode());
        assertEquals(400, nano.post("/v1/chat/completions/control", "{}").statusCode());
    }

    /** The wish may come when the thought is over: then the question is asked again. */
    private void ended(String path, Meanwhile meanwhile) throws Exception {
        String whole = thought(path, id -> {
        });
        assertTrue(whole.length() > 200, whole);
        String ended = thought(path, meanwhile);
        for (int attempt = 1; ended.length() == whole.length(); attempt++) {
            assertTrue(attempt < ATTEMPTS, "the thinking of " + path + " does not end");
            ended = thought(path, meanwhile);
        }
        assertTrue(whole.startsWith(ended), ended);
    }
}
