/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The paths that the page's data comes from, without a browser. */
class ConsoleTest {

    private static final String LAMP = "{\"role\":\"user\",\"content\":\"Turn on the kitchen lamp.\"}";
    private static final String BYE = "{\"role\":\"user\",\"content\":\"Bye\"}";
    /** Any token but the one that ends an answer, so that it goes on until the context is full. */
    private static final String ENDLESS = "\"temperature\":100,\"top_k\":0,\"top_p\":1,\"min_p\":0,\"seed\":5,"
            + "\"logit_bias\":{\"4\":-100}";

    private static String question(String more, String... messages) {
        return "{\"temperature\":0,\"messages\":[" + String.join(",", messages) + "]" + (more.isEmpty() ? "" : ",")
                + more + "}";
    }

    private static List<String> types(List<JsonNode> lines) {
        return lines.stream().map(line -> line.path("type").asText()).distinct().toList();
    }

    @Test
    void thePageNeedsNoTokenAndRunsNothingForeign() throws Exception {
        try (Served served = new Served("tokens", "secret")) {
            HttpResponse<String> page = served.get("/");
            assertEquals(200, page.statusCode());
            assertEquals("text/html; charset=utf-8", page.headers().firstValue("Content-Type").orElse(""));
            assertEquals(Page.POLICY, page.headers().firstValue("Content-Security-Policy").orElse(""));
            assertEquals("nosniff", page.headers().firstValue("X-Content-Type-Options").orElse(""));
            assertFalse(Page.POLICY.contains("unsafe") || Page.POLICY.contains("*"));
            assertFalse(page.body().contains(" style=") || page.body().contains(" onclick="), "something is inline");
            for (String part : page.body().split("\"", -1)) {
                if (part.startsWith("/")) {
                    assertEquals(200, served.get(part).statusCode(), part);
                }
            }
            assertEquals(404, served.get("/console/other.js").statusCode());
            assertEquals(404, served.get("/console/../console/main.js").statusCode());
            assertEquals(405, served.post("/", "").statusCode());
            for (String path : List.of("/console/overview", "/console/choices", "/console/watch")) {
                assertEquals(401, served.get(path).statusCode(), path);
            }
            for (String path : List.of("/console/chat", "/console/move", "/console/approve", "/console/stop",
                    "/console/answer-now")) {
                assertEquals(401, served.post(path, "{}").statusCode(), path);
            }
        }
    }

    /** A link from elsewhere opens the page; whatever else comes from another site stays out. */
    @Test
    void linksFromOtherSitesOpenThePage() throws Exception {
        try (Served served = new Served()) {
            assertEquals(200, served.send(served.request("/").header("Sec-Fetch-Site", "cross-site")
                    .header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "document")).statusCode());
            assertEquals(403, served.send(served.request("/").header("Sec-Fetch-Site", "cross-site")
                    .header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "iframe")).statusCode());
            assertEquals(403, served.send(served.request("/console/overview").header("Sec-Fetch-Site", "cross-site"))
                    .statusCode());
            assertEquals(403, served.send(served.request("/console/overview").header("Origin", "http://evil.example"))
                    .statusCode());
        }
    }

    @Test
    void tellsWhatIsThere() throws Exception {
        try (Served served = new Served()) {
            JsonNode overview = Served.JSON.readTree(served.get("/console/overview").body());
            assertTrue(overview.path("ready").booleanValue());
            JsonNode model = overview.path("models").path(0);
            assertEquals("nano", model.path("id").asText());
            assertEquals("lfm2moe", model.path("architecture").asText());
            assertEquals("[\"gateway\"]", model.path("suggestedTools").toString());
            assertEquals(8, overview.path("tools").path(0).path("tools").size());
            assertTrue(overview.path("devices").size() >= 2, overview::toString);
            JsonNode choices = Served.JSON.readTree(served.get("/console/choices").body()).path("nano");
            assertEquals(model.path("device").path("id").asText(), choices.path(0).path("id").asText());
            assertTrue(choices.path(0).path("suitable").booleanValue());
            assertFalse(choices.path(0).path("reason").asText().isBlank(), choices::toString);
        }
    }

    @Test
    void aCallRunsOnceItIsAllowed() throws Exception {
        try (Served served = new Served()) {
            AtomicReference<String> answer = new AtomicReference<>("");
            List<JsonNode> lines = served.lines(question("\"tools\":[\"gateway\"]", LAMP), line -> {
                if (line.path("type").asText().equals("begin")) {
                    answer.set(line.path("answer").asText());
                } else if (line.path("type").asText().equals("approval")) {
                    decide(served, String.valueOf(answer.get()), line, "\"allow\":true");
                }
            });
            assertEquals(List.of("begin", "thinking", "call", "approval", "result", "text", "end"), sorted(lines));
            JsonNode end = lines.getLast();
            assertEquals("stop", end.path("reason").asText());
            JsonNode messages = end.path("messages");
            assertEquals("set_device", messages.path(0).path("toolCalls").path(0).path("name").asText());
            assertTrue(messages.path(1).path("content").asText().contains("\"ok\": true"), messages::toString);
            assertTrue(messages.path(2).path("content").asText().contains("kitchen lamp is on"), messages::toString);
            // all of it goes back with the next question
            List<JsonNode> next = served.lines(question("\"tools\":[\"gateway\"]", LAMP, messages.path(0).toString(),
                    messages.path(1).toString(), messages.path(2).toString(), BYE), line -> {
                    });
            assertEquals("Goodbye!", next.getLast().path("messages").path(0).path("content").asText());
        }
    }

    /** The approval may be told before or after the call that it is for. */
    private static List<String> sorted(List<JsonNode> lines) {
        List<String> types = new ArrayList<>(types(lines));
        if (types.indexOf("approval") < types.indexOf("call")) {
            types.remove("approval");
            types.add(types.indexOf("call") + 1, "approval");
        }
        return types;
    }

    private static void decide(Served served, String answer, JsonNode line, String decision) {
        String call = line.path("call").path("id").asText();
        try {
            assertEquals(404, served.post("/console/approve",
                    "{\"answer\":\"" + answer + "\",\"call\":\"other\"," + decision + "}").statusCode());
            String body = "{\"answer\":\"" + answer + "\",\"call\":\"" + call + "\"," + decision + "}";
            assertEquals(200, served.post("/console/approve", body).statusCode());
            assertEquals(404, served.post("/console/approve", body).statusCode(), "decided twice");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCallThatIsNotAllowedDoesNotRun() throws Exception {
        try (Served served = new Served()) {
            AtomicReference<String> answer = new AtomicReference<>("");
            List<JsonNode> lines = served.lines(question("\"tools\":[\"gateway\"]", LAMP), line -> {
                if (line.path("type").asText().equals("begin")) {
                    answer.set(line.path("answer").asText());
                } else if (line.path("type").asText().equals("approval")) {
                    decide(served, String.valueOf(answer.get()), line, "\"allow\":false,\"reason\":\"not now\"");
                }
            });
            JsonNode result = lines.stream().filter(line -> line.path("type").asText().equals("result")).findFirst()
                    .orElseThrow();
            assertTrue(result.path("error").booleanValue());
            assertEquals("The user does not allow this call: not now", result.path("value").asText());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"approval\":\"never\"", "\"allowed\":[\"set_device\"]"})
    void whatIsAllowedBeforehandIsNotAskedFor(String how) throws Exception {
        try (Served served = new Served()) {
            List<JsonNode> lines = served.lines(question("\"tools\":[\"gateway\"]," + how, LAMP), line -> {
            });
            assertFalse(types(lines).contains("approval"));
            assertEquals("end", lines.getLast().path("type").asText());
        }
    }

    /** Unless somebody wishes otherwise, the user is asked about what does not say that it only looks. */
    @Test
    void whatOnlyLooksRunsAtOnce() throws Exception {
        String sensor = "{\"role\":\"user\",\"content\":\"What is the temperature in the cellar?\"}";
        try (Served served = new Served()) {
            AtomicReference<String> answer = new AtomicReference<>("");
            List<JsonNode> asked = new ArrayList<>();
            Consumer<JsonNode> allow = line -> {
                if (line.path("type").asText().equals("begin")) {
                    answer.set(line.path("answer").asText());
                } else if (line.path("type").asText().equals("approval")) {
                    asked.add(line);
                    decide(served, String.valueOf(answer.get()), line, "\"allow\":true");
                }
            };
            List<JsonNode> lines = served.lines(question("\"tools\":[\"gateway\"]", sensor), allow);
            assertTrue(types(lines).contains("result"), lines::toString);
            assertEquals(List.of(), asked);
            served.lines(question("\"tools\":[\"gateway\"],\"approval\":\"ask\"", sensor), allow);
            assertEquals("[\"read_only\"]", asked.getFirst().path("hints").toString());
            asked.clear();
            served.lines(question("\"tools\":[\"gateway\"]", LAMP), allow);
            assertEquals("[\"acting\",\"idempotent\"]", asked.getFirst().path("hints").toString());
        }
    }

    /** Who closes the page while he is asked ends the answer, and gives back its place. */
    @Test
    void whoLeavesWhileHeIsAskedEndsTheAnswer() throws Exception {
        try (Served served = new Served("running", "1")) {
            String body = question("\"tools\":[\"gateway\"]", LAMP);
            try (Socket socket = new Socket(served.server.address().getHost(), served.server.address().getPort())) {
                socket.getOutputStream()
                        .write(("POST /console/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                                + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
                InputStream in = socket.getInputStream();
                StringBuilder said = new StringBuilder();
                while (said.indexOf("approval") < 0) {
                    said.append((char) in.read());
                }
            }
            assertEquals("end", served.lines(question("", BYE), line -> {
            }).getLast().path("type").asText());
        }
    }

    @Test
    void anAnswerIsStoppedAndGoesOn() throws Exception {
        try (Served served = new Served()) {
            AtomicReference<String> answer = new AtomicReference<>("");
            Consumer<JsonNode> stop = line -> {
                if (line.path("type").asText().equals("begin")) {
                    answer.set(line.path("answer").asText());
                } else if (line.path("type").asText().equals("text")) {
                    try {
                        served.post("/console/stop", "{\"answer\":\"" + answer.get() + "\"}");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
            };
            String endless = "{" + ENDLESS + ",\"messages\":[" + BYE + "]}";
            JsonNode end = served.lines(endless, stop).getLast();
            assertEquals("cancelled", end.path("reason").asText());
            assertEquals(404, served.post("/console/stop", "{\"answer\":\"" + answer.get() + "\"}").statusCode());
            JsonNode begun = end.path("messages").path(0);
            JsonNode more = served.lines("{\"max_tokens\":3,\"messages\":[" + BYE + "," + begun + "]}", line -> {
            }).getLast();
            assertEquals(1, more.path("messages").size());
            assertTrue(more.path("messages").path(0).path("content").asText()
                    .startsWith(begun.path("content").asText()), more::toString);
        }
    }

    @Test
    void aModelMovesInMidSentence() throws Exception {
        try (Served served = new Served()) {
            AtomicReference<String> answer = new AtomicReference<>("");
            AtomicReference<String> moved = new AtomicReference<>("");
            AtomicBoolean asked = new AtomicBoolean();
            List<JsonNode> lines = served.lines("{" + ENDLESS + ",\"messages\":[" + BYE + "]}", line -> {
                try {
                    switch (line.path("type").asText()) {
                        case "begin" -> answer.set(line.path("answer").asText());
                        case "moved" -> {
                            moved.set(line.path("device").asText());
                            served.post("/console/stop", "{\"answer\":\"" + answer.get() + "\"}");
                        }
                        case "text" -> {
                            // once: else the answer runs on to its end while its lines are read
                            if (asked.compareAndSet(false, true)) {
                                served.post("/console/move", "{\"model\":\"nano\",\"device\":\"cpu:scalar\"}");
                            }
                        }
                        default -> {
                            // not of interest here
                        }
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertEquals("cpu:scalar", moved.get());
            assertEquals("cancelled", lines.getLast().path("reason").asText());
            HttpResponse<String> wrong = served.post("/console/move", "{\"model\":\"nano\",\"device\":\"abacus\"}");
            assertEquals(409, wrong.statusCode());
            assertTrue(wrong.body().contains("There is no backend or device"), wrong::body);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{\"messages\":[]}", "{\"messages\":[1]}", "{\"messages\":[{}]}",
            "{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}]}",
            "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":1}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"toolCalls\":[{}]}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[\"nobody\"]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"approval\":\"perhaps\"}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":-1}",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":0}"})
    void wrongQuestionsAreRefused(String body) throws Exception {
        try (Served served = new Served()) {
            HttpResponse<String> answer = served.post("/console/chat", body);
            assertEquals(400, answer.statusCode(), answer::body);
            assertFalse(Served.JSON.readTree(answer.body()).path("error").path("message").asText().isEmpty());
            for (String path : List.of("/console/approve", "/console/stop", "/console/answer-now", "/console/move")) {
                int status = served.post(path, body).statusCode();
                assertTrue(status == 400 || status == 404, path + " " + status);
            }
        }
    }

    @Test
    void watchTellsNumbersAndTheLog() throws Exception {
        try (Served served = new Served("audit", "requests")) {
            served.post("/v1/chat/completions", "{\"messages\":[" + BYE + "],\"temperature\":0}");
            try (Socket socket = new Socket(served.server.address().getHost(), served.server.address().getPort())) {
                socket.getOutputStream().write("GET /console/watch HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        .getBytes(StandardCharsets.UTF_8));
                StringBuilder said = new StringBuilder();
                InputStream in = socket.getInputStream();
                while (said.indexOf("/v1/chat/completions 200") < 0) {
                    said.append((char) in.read());
                }
                JsonNode line = Served.JSON.readTree(said.substring(said.indexOf("{\"time\"")) + "\"}]}");
                assertTrue(line.path("resident").longValue() > 0 || line.path("heap").longValue() > 0);
                assertEquals(0, line.path("waiting").intValue());
                assertTrue(line.path("devices").path("nano").asText().startsWith("cpu:"), line::toString);
            }
        }
    }
}
