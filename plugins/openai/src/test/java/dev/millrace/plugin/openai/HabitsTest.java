/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients made for other servers do by habit, though no description asks for it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HabitsTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String LAMP = "Turn on the kitchen lamp.";

    private final Nano nano = new Nano();

    HabitsTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private HttpResponse<String> taken(String path, String body) throws Exception {
        HttpResponse<String> answer = nano.post(path, body);
        assertEquals(200, answer.statusCode(), answer::body);
        assertEquals("", answer.headers().firstValue("Warning").orElse(""));
        return answer;
    }

    private JsonNode asked(String more) throws Exception {
        return Nano.JSON.readTree(taken(CHAT, Nano.chat("Bye", more)).body());
    }

    /** The client of the JDK does not send such lines. */
    private String raw(String line) throws Exception {
        try (Socket socket = new Socket(nano.address().getHost(), nano.address().getPort())) {
            socket.getOutputStream()
                    .write(Nano.utf8(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models/", "//v1/models", "///v1//models", "/v1/models//", "/health/", "/api/tags/"})
    void slashesTooManyMakeNoOtherPath(String path) throws Exception {
        String answer = raw("GET " + path);
        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertTrue(answer.contains("nano") || answer.contains("ok"), answer);
    }

    @ParameterizedTest
    @CsvSource({"/v1/v1/chat/completions, /v1/chat/completions", "/chat/completions, /v1/chat/completions",
            "/openai/v1/models/, /v1/models", "/models, /v1/models", "/completions, /v1/completions",
            "/openai/deployments/nano/chat/completions, /v1/chat/completions", "/api/v0/models, /v1/models",
            "/v1/health, /health", "/api/api/tags, /api/tags", "/v1/api/chat, /api/chat",
            "/embeddings, /v1/embeddings"})
    void whoHasAPartTooMuchOrTooLittleIsToldThePath(String asked, String meant) throws Exception {
        HttpResponse<String> answer = nano.post(asked, "{}");
        assertEquals(404, answer.statusCode());
        assertTrue(answer.body().contains("; " + meant + " is one."), answer::body);
    }

    @Test
    void whoAsksForNothingKnownIsToldOnlyThat() throws Exception {
        for (String path : List.of("/v1", "/nothing", "/v2/answers", "/v1/models/*/x", "/" + "v1/".repeat(60))) {
            HttpResponse<String> answer = nano.get(path);
            assertEquals(404, answer.statusCode(), path);
            assertFalse(answer.body().contains("is one"), answer::body);
        }
    }

    /** So do Ollama's own program, before all else, and many who look whether a server is there. */
    @Test
    void theRootTellsThatSomebodyListens() throws Exception {
        HttpResponse<String> answer = nano.get("/");
        assertEquals(200, answer.statusCode());
        // a page, if an extension of the class path brings one
        assertTrue(answer.body().startsWith("Millrace is running.") || answer.body().startsWith("<!"), answer::body);
        assertEquals(200, nano.send(nano.request("/").method("HEAD", HttpRequest.BodyPublishers.noBody()))
                .statusCode());
        assertEquals(405, nano.post("/", "{}").statusCode());
        try (Nano closed = new Nano("tokens", "secret")) {
            assertEquals(200, closed.get("/").statusCode());
        }
    }

    @Test
    void noBoundOfTokensIsWrittenAsMinusOne() throws Exception {
        for (String field : List.of("max_tokens", "max_completion_tokens")) {
            assertEquals("stop", asked("\"" + field + "\":-1").at("/choices/0/finish_reason").asText());
        }
        assertEquals("completed", nano.ask("/v1/responses",
                "{\"input\":\"Bye\",\"temperature\":0,\"max_output_tokens\":-1}").path("status").asText());
        JsonNode completion = nano.ask("/v1/completions",
                "{\"prompt\":\"Bye\",\"temperature\":0,\"max_tokens\":-1,\"stop\":\"e\"}");
        assertEquals("stop", completion.at("/choices/0/finish_reason").asText(), completion::toString);
        for (int wrong : new int[]{0, -2}) {
            HttpResponse<String> answer = nano.post(CHAT, Nano.chat("Bye", "\"max_tokens\":" + wrong));
            assertEquals(400, answer.statusCode());
            assertTrue(answer.body().contains("max_tokens must be"), answer::body);
        }
    }

    @Test
    void numbersOfProgramsThatKnowDoublesOnlyAreTaken() throws Exception {
        assertEquals(asked("\"seed\":42,\"max_tokens\":6").at("/choices/0/message"),
                asked("\"seed\":42.0,\"max_tokens\":6.0,\"top_k\":1.0,\"n\":1.0").at("/choices/0/message"));
        assertEquals(400, nano.post(CHAT, Nano.chat("Bye", "\"seed\":42.5")).statusCode());
        assertEquals(400, nano.post(CHAT, Nano.chat("Bye", "\"seed\":1e300")).statusCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"thinking\":{\"type\":\"disabled\"}", "\"enable_thinking\":false",
            "\"reasoning\":{\"enabled\":false}", "\"reasoning\":{\"effort\":\"none\"}",
            "\"reasoning\":{\"max_tokens\":0}", "\"thinking\":{\"budget_tokens\":0}",
            "\"reasoning\":{\"exclude\":true}", "\"include_reasoning\":false"})
    void thinkingIsSwitchedOffByAllItsNames(String field) throws Exception {
        assertTrue(asked("").at("/choices/0/message/reasoning_content").asText().length() > 5);
        JsonNode message = asked(field).at("/choices/0/message");
        assertTrue(message.path("reasoning_content").isMissingNode(), message::toString);
        assertEquals("Goodbye!", message.path("content").asText());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2}",
            "\"thinking\":{\"type\":\"adaptive\"},\"thinking_budget\":2", "\"reasoning\":{\"max_tokens\":2}",
            "\"enable_thinking\":true,\"reasoning\":{\"effort\":\"high\",\"max_tokens\":2}"})
    void thinkingIsBoundedByAllItsNames(String field) throws Exception {
        String usual = asked("").at("/choices/0/message/reasoning_content").asText();
        String bounded = asked(field).at("/choices/0/message/reasoning_content").asText();
        assertTrue(!bounded.isEmpty() && bounded.length() < usual.length(), bounded);
    }

    @Test
    void aSystemMessageAloneOrAtTheEndIsAnswered() throws Exception {
        String one = "{\"temperature\":0,\"messages\":[{\"role\":\"%s\",\"content\":\"Bye\"}]}";
        JsonNode user = nano.ask(CHAT, one.formatted("user")).at("/choices/0/message");
        assertEquals(user, nano.ask(CHAT, one.formatted("system")).at("/choices/0/message"));
        assertEquals(user, nano.ask(CHAT, one.formatted("developer")).at("/choices/0/message"));
        String two = "{\"temperature\":0,\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
                + "{\"role\":\"%s\",\"content\":\"Bye\"}]}";
        assertEquals(nano.ask(CHAT, two.formatted("user")).at("/choices/0/message"),
                nano.ask(CHAT, two.formatted("system")).at("/choices/0/message"));
        assertEquals(400, nano.post("/v1/messages",
                "{\"model\":\"nano\",\"max_tokens\":5,\"system\":\"Be brief.\",\"messages\":[]}").statusCode());
        assertEquals(400,
                nano.post("/v1/responses", "{\"instructions\":\"Be brief.\",\"input\":[]}").statusCode());
    }

    @Test
    void toolsAreChosenInAllWays() throws Exception {
        String tools = ",\"tools\":" + Nano.TOOLS;
        assertFalse(nano.ask(CHAT, Nano.chat("Bye", "\"tool_choice\":\"any\"" + tools))
                .at("/choices/0/message/tool_calls").isEmpty());
        String only = "\"tool_choice\":{\"type\":\"allowed_tools\",\"allowed_tools\":{\"mode\":\"%s\",\"tools\":"
                + "[{\"type\":\"function\",\"function\":{\"name\":\"%s\"}}]}}" + tools;
        JsonNode called = Nano.JSON
                .readTree(taken(CHAT, Nano.chat(LAMP, only.formatted("required", "read_sensor"))).body());
        assertEquals("read_sensor", called.at("/choices/0/message/tool_calls/0/function/name").asText(),
                called::toString);
        assertEquals("set_device", nano.ask(CHAT, Nano.chat(LAMP, only.formatted("auto", "set_device")))
                .at("/choices/0/message/tool_calls/0/function/name").asText());
        HttpResponse<String> unknown = nano.post(CHAT, Nano.chat(LAMP, only.formatted("auto", "nobody")));
        assertEquals(400, unknown.statusCode());
        assertTrue(unknown.body().contains("tool_choice.allowed_tools.tools names nobody"), unknown::body);
        JsonNode flat = nano.ask("/v1/responses", "{\"temperature\":0,\"input\":\"" + LAMP
                + "\",\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"required\",\"tools\":[{\"type\":\"function\","
                + "\"name\":\"read_sensor\"}]},\"tools\":" + flat() + "}");
        assertTrue(flat.path("output").toString().contains("\"name\":\"read_sensor\""), flat::toString);
        assertFalse(flat.path("output").toString().contains("set_device"), flat::toString);
    }

    /** OpenAI writes them as text, Ollama as an object, and programs that speak both mix them up. */
    @Test
    void argumentsOfCallsAreReadAsTextAndAsObject() throws Exception {
        String messages = "{\"model\":\"nano\",\"stream\":false,\"temperature\":0,\"options\":{\"temperature\":0},\"messages\":["
                + "{\"role\":\"user\",\"content\":\"" + LAMP
                + "\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":"
                + "[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"set_device\",\"arguments\":%s}}]},"
                + "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"{}\"}],\"tools\":" + Nano.TOOLS + "}";
        String object = "{\"name\":\"kitchen_lamp\",\"state\":\"on\"}";
        String text = Nano.JSON.writeValueAsString(object);
        assertEquals(nano.ask(CHAT, messages.formatted(text)).path("choices"),
                nano.ask(CHAT, messages.formatted(object)).path("choices"));
        assertEquals(nano.ask("/api/chat", messages.formatted(text)).path("message"),
                nano.ask("/api/chat", messages.formatted(object)).path("message"));
        for (String wrong : List.of("7", "[]", "\"7\"", "\"{\"", "true")) {
            for (String path : List.of(CHAT, "/api/chat")) {
                HttpResponse<String> answer = nano.post(path, messages.formatted(wrong));
                assertEquals(400, answer.statusCode(), answer::body);
                assertTrue(answer.body().contains("function.arguments"), answer::body);
            }
        }
    }

    /** Agents offer it whatever the server; nothing here searches, and they are told so. */
    @Test
    void aSearchThatServersOfferIsLeftOut() throws Exception {
        HttpResponse<String> answer = nano.post("/v1/responses",
                "{\"input\":\"Bye\",\"temperature\":0,\"tools\":[{\"type\":\"web_search\",\"external_web_access\":false}]}");
        assertEquals(200, answer.statusCode(), answer::body);
        assertTrue(answer.headers().firstValue("Warning").orElse("").contains("tools[0].type"),
                () -> answer.headers().toString());
        assertEquals("[]", Nano.JSON.readTree(answer.body()).path("tools").toString());
        assertEquals(400, nano.post("/v1/responses", "{\"input\":\"Bye\",\"tools\":[{\"type\":\"local_shell\"}]}")
                .statusCode());
    }

    /** Responses have no object around a function. */
    private static String flat() throws Exception {
        var tools = Nano.JSON.createArrayNode();
        Nano.JSON.readTree(Nano.TOOLS)
                .forEach(tool -> tools.add(((com.fasterxml.jackson.databind.node.ObjectNode) tool.path("function"))
                        .put("type", "function")));
        return tools.toString();
    }

    @Test
    void everyAnswerHasAnIdThatItsHeaderTells() throws Exception {
        HttpResponse<String> chat = taken(CHAT, Nano.chat("Bye", ""));
        assertEquals(Nano.JSON.readTree(chat.body()).path("id").asText(),
                chat.headers().firstValue("X-Request-Id").orElse(""));
        HttpResponse<String> message = taken("/v1/messages", Nano.chat("Bye", "\"max_tokens\":9"));
        assertEquals(Nano.JSON.readTree(message.body()).path("id").asText(),
                message.headers().firstValue("request-id").orElse(""));
        HttpResponse<String> response = taken("/v1/responses",
                "{\"input\":\"Bye\",\"temperature\":0,\"reasoning\":{\"effort\":\"low\"}}");
        assertEquals(Nano.JSON.readTree(response.body()).path("id").asText(),
                response.headers().firstValue("X-Request-Id").orElse(""));
        assertEquals("low", Nano.JSON.readTree(response.body()).at("/reasoning/effort").asText());
        assertTrue(taken("/api/generate", "{\"model\":\"nano\",\"prompt\":\"Bye\"}").headers()
                .firstValue("X-Request-Id").orElse("").startsWith("answer_"));
    }

    /** As Ollama's program does to list models, which are in memory, and to talk with one. */
    @Test
    void whatOllamasProgramReadsIsThere() throws Exception {
        for (String path : List.of("/api/tags", "/api/ps")) {
            JsonNode model = Nano.JSON.readTree(nano.get(path).body()).at("/models/0");
            assertTrue(model.path("digest").asText().matches("[0-9a-f]{64}"), model::toString);
            assertTrue(model.path("size").asLong() > 1_000_000, model::toString);
            assertEquals("gguf", model.at("/details/format").asText());
            if (path.endsWith("ps")) {
                assertTrue(OffsetDateTime.parse(model.path("expires_at").asText())
                        .isAfter(OffsetDateTime.now(ZoneOffset.UTC).plusYears(100)));
                assertEquals(0, model.path("size_vram").asLong(-1));
                assertEquals(4096, model.path("context_length").asInt());
            }
        }
        JsonNode facts = nano.ask("/api/show", "{\"name\":\"nano:latest\"}");
        assertEquals("[\"completion\",\"tools\",\"thinking\"]", facts.path("capabilities").toString());
        assertEquals("nano", facts.at("/model_info/general.basename").asText());
        for (String path : List.of("/api/generate", "/api/chat")) {
            assertEquals("load", nano.ask(path, "{\"model\":\"nano\",\"keep_alive\":-1}").path("done_reason")
                    .asText());
        }
    }

    /** Clients of Anthropic read pages of models. */
    @Test
    void modelsAreListedForClientsOfAnthropicToo() throws Exception {
        JsonNode list = Nano.JSON.readTree(nano.get("/v1/models?limit=1000").body());
        assertFalse(list.path("has_more").asBoolean(true));
        assertEquals("nano", list.path("last_id").asText());
        assertEquals("model", list.at("/data/0/type").asText());
        assertEquals("nano", list.at("/data/0/display_name").asText());
        assertTrue(OffsetDateTime.parse(list.at("/data/0/created_at").asText())
                .isBefore(OffsetDateTime.now(ZoneOffset.UTC)));
    }
}
