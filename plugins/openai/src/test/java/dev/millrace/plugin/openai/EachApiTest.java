/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What one API has, the others have under their own names: texts that end an answer, formats, log probabilities, bare text. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EachApiTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String SCHEMA = "{\"type\":\"object\",\"properties\":{\"state\":{\"enum\":[\"on\",\"off\"]}},"
            + "\"required\":[\"state\"],\"additionalProperties\":false}";

    private final Nano nano = new Nano();

    EachApiTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private static String anthropic(String more) {
        return Nano.chat("Bye", "\"max_tokens\":60," + more);
    }

    private static String ollama(String more) {
        return ollamaWith("\"temperature\":0", "," + more);
    }

    private static String ollamaWith(String options, String more) {
        return "{\"model\":\"nano\",\"stream\":false,\"options\":{" + options + "},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}]" + more + "}";
    }

    private static void check(String schema, JsonNode document) {
        if (OfficialDescription.present()) {
            OfficialDescription.read().check(schema, document);
        }
    }

    @Test
    void theTextThatEndedAnAnswerIsTold() throws Exception {
        String stops = "[\"nowhere\",\"bye\",\"never\"]";
        JsonNode message = nano.ask("/v1/messages", anthropic("\"stop_sequences\":" + stops));
        assertEquals("stop_sequence", message.path("stop_reason").asText());
        assertEquals("bye", message.path("stop_sequence").asText());
        assertEquals("Good", message.at("/content/0/text").asText());
        JsonNode delta = nano.stream("/v1/messages", anthropic("\"stream\":true,\"stop_sequences\":" + stops)).stream()
                .filter(event -> event.path("type").asText().equals("message_delta")).findFirst().orElseThrow();
        assertEquals("{\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"bye\"}", delta.path("delta").toString());
        JsonNode usual = nano.ask("/v1/messages", anthropic("\"stop_sequences\":[\"nowhere\"]"));
        assertEquals("end_turn", usual.path("stop_reason").asText());
        assertTrue(usual.path("stop_sequence").isNull(), usual::toString);

        JsonNode chat = nano.ask(CHAT, Nano.chat("Bye", "\"stop\":" + stops));
        check("CreateChatCompletionResponse", chat);
        assertEquals("stop", chat.at("/choices/0/finish_reason").asText());
        assertEquals("bye", chat.at("/choices/0/stop_reason").asText());
        assertEquals("bye", nano.stream(CHAT, Nano.chat("Bye", "\"stream\":true,\"stop\":" + stops)).getLast()
                .at("/choices/0/stop_reason").asText());
        assertTrue(nano.ask(CHAT, Nano.chat("Bye", "")).at("/choices/0/stop_reason").isMissingNode());
    }

    @Test
    void eachApiHoldsAnAnswerToASchema() throws Exception {
        String format = "{\"type\":\"json_schema\",\"schema\":" + SCHEMA + "}";
        List<String> said = new ArrayList<>();
        for (String more : List.of("\"output_format\":" + format,
                "\"output_config\":{\"effort\":\"low\",\"format\":" + format + "}")) {
            JsonNode message = nano.ask("/v1/messages", anthropic(more));
            said.add(message.path("content").get(message.path("content").size() - 1).path("text").asText());
        }
        JsonNode output = nano.ask("/v1/responses", "{\"model\":\"nano\",\"input\":\"Bye\",\"text\":{\"format\":"
                + "{\"type\":\"json_schema\",\"name\":\"x\",\"schema\":" + SCHEMA + "}}}").path("output");
        said.add(output.get(output.size() - 1).at("/content/0/text").asText());
        said.add(nano.ask("/api/chat", ollama("\"format\":" + SCHEMA)).at("/message/content").asText());
        for (String one : said) {
            assertTrue(List.of("on", "off").contains(Nano.JSON.readTree(one.isEmpty() ? "{}" : one).path("state")
                    .asText()), said::toString);
        }
        HttpResponse<String> wrong = nano.post("/v1/messages", anthropic(
                "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"$ref\":\"http://else.where\"}}}"));
        assertEquals(400, wrong.statusCode(), wrong::body);
        assertTrue(wrong.body().contains("output_config.format"), wrong::body);
    }

    @Test
    void eachApiTakesBiases() throws Exception {
        int good = nano.ask("/tokenize", "{\"content\":\"Good\"}").path("tokens").path(0).asInt();
        String only = "\"temperature\":0,\"logit_bias\":{\"" + good + "\":100},\"%s\":12";
        for (JsonNode said : List.of(nano.ask(CHAT, Nano.chat("Bye", only.formatted("max_tokens"))).path("choices"),
                nano.ask("/v1/responses", "{\"model\":\"nano\",\"input\":\"Bye\","
                        + only.formatted("max_output_tokens") + "}").path("output"),
                nano.ask("/v1/messages", Nano.chat("Bye", only.formatted("max_tokens"))).path("content"),
                nano.ask("/api/chat", ollamaWith(only.formatted("num_predict"), "")).path("message"))) {
            assertTrue(said.toString().contains("GoodGoodGood"), said::toString);
        }
        String far = "\"logit_bias\":{\"99999999\":1}";
        for (HttpResponse<String> wrong : List.of(nano.post(CHAT, Nano.chat("Bye", far)),
                nano.post("/v1/responses", "{\"model\":\"nano\",\"input\":\"Bye\"," + far + "}"),
                nano.post("/v1/messages", anthropic(far)),
                nano.post("/api/chat", ollamaWith(far, "")))) {
            assertEquals(400, wrong.statusCode(), wrong::body);
            assertTrue(wrong.body().contains("logit_bias.99999999 must be between 0 and 2047"), wrong::body);
        }
    }

    private String text(JsonNode tokens) {
        StringBuilder text = new StringBuilder();
        for (JsonNode token : tokens) {
            assertTrue(token.path("logprob").asDouble() <= 0, token::toString);
            assertEquals(2, token.path("top_logprobs").size(), token::toString);
            assertTrue(token.path("bytes").isArray(), token::toString);
            text.append(token.path("token").asText());
        }
        return text.toString();
    }

    @Test
    void responsesTellHowLikelyTokensWere() throws Exception {
        String body = "{\"model\":\"nano\",\"temperature\":0,\"input\":\"Bye\",\"top_logprobs\":2,"
                + "\"include\":[\"message.output_text.logprobs\"]%s}";
        JsonNode response = nano.ask("/v1/responses", body.formatted(""));
        check("Response", response);
        assertEquals(2, response.path("top_logprobs").asInt());
        JsonNode part = response.path("output").get(response.path("output").size() - 1).at("/content/0");
        assertEquals("Goodbye!", text(part.path("logprobs")).strip());
        StringBuilder streamed = new StringBuilder();
        for (JsonNode event : nano.stream("/v1/responses", body.formatted(",\"stream\":true"))) {
            check("ResponseStreamEvent", event);
            if (event.path("type").asText().equals("response.output_text.delta")) {
                streamed.append(text(event.path("logprobs")));
            } else if (event.path("type").asText().equals("response.output_text.done")) {
                assertEquals(streamed.toString(), text(event.path("logprobs")));
            }
        }
        assertEquals("Goodbye!", streamed.toString().strip());
        JsonNode none = nano.ask("/v1/responses", "{\"model\":\"nano\",\"temperature\":0,\"input\":\"Bye\"}");
        assertEquals(0, none.path("output").get(none.path("output").size() - 1).at("/content/0/logprobs").size());
    }

    @Test
    void ollamaTellsHowLikelyTokensWere() throws Exception {
        String wish = "\"logprobs\":true,\"top_logprobs\":2";
        assertEquals("Goodbye!", text(nano.ask("/api/chat", ollama(wish)).path("logprobs")).strip());
        StringBuilder streamed = new StringBuilder();
        for (String line : nano.post("/api/chat", ollama(wish).replace("\"stream\":false", "\"stream\":true")).body()
                .split("\n", -1)) {
            streamed.append(line.isBlank() ? "" : text(Nano.JSON.readTree(line).path("logprobs")));
        }
        assertEquals("Goodbye!", streamed.toString().strip());
        assertTrue(nano.ask("/api/chat", ollama("\"top_logprobs\":2")).path("logprobs").isMissingNode());
    }

    @Test
    void ollamaGoesOnWithBareText() throws Exception {
        String body = "{\"model\":\"nano\",\"stream\":false,\"options\":{\"temperature\":0,\"num_predict\":8},"
                + "\"prompt\":\"Turn on the\"%s}";
        String raw = nano.ask("/api/generate", body.formatted(",\"raw\":true")).path("response").asText();
        String completion = nano.ask("/v1/completions",
                "{\"model\":\"nano\",\"temperature\":0,\"max_tokens\":8,\"prompt\":\"Turn on the\"}")
                .at("/choices/0/text").asText();
        assertEquals(completion, raw);
        assertFalse(raw.isEmpty());
        HttpResponse<String> wrong = nano.post("/api/generate",
                body.formatted(",\"raw\":true,\"system\":\"Be brief.\""));
        assertEquals(400, wrong.statusCode());
        assertTrue(wrong.body().contains("system"), wrong::body);
    }

    @Test
    void howFarAPromptIsReadIsTold() throws Exception {
        String long_ = "The lamp in the kitchen is on. ".repeat(40) + "Bye";
        List<JsonNode> chunks = nano.stream(CHAT, Nano.chat(long_,
                "\"stream\":true,\"return_progress\":true,\"max_tokens\":4,\"stream_options\":{\"include_usage\":true}"));
        int prompt = chunks.getLast().at("/usage/prompt_tokens").asInt();
        int read = -1;
        boolean said = false;
        for (JsonNode chunk : chunks.subList(0, chunks.size() - 1)) {
            check("CreateChatCompletionStreamResponse", chunk);
            JsonNode progress = chunk.path("prompt_progress");
            if (progress.isMissingNode()) {
                said |= !chunk.at("/choices/0/delta/content").asText("").isEmpty();
                continue;
            }
            assertFalse(said, "progress after text");
            assertEquals(prompt, progress.path("total").asInt());
            assertTrue(progress.path("processed").asInt() > read && progress.path("processed").asInt() <= prompt,
                    chunks::toString);
            read = progress.path("processed").asInt();
            assertTrue(progress.path("cache").asInt() <= read && progress.path("time_ms").asLong(-1) >= 0,
                    progress::toString);
        }
        assertEquals(prompt, read, chunks::toString);
        assertTrue(nano.stream(CHAT, Nano.chat(long_, "\"stream\":true,\"max_tokens\":4")).stream()
                .noneMatch(chunk -> chunk.has("prompt_progress")));
        HttpResponse<String> whole = nano.post(CHAT, Nano.chat("Bye", "\"return_progress\":true"));
        assertTrue(whole.headers().firstValue("Warning").orElse("").contains("return_progress"));
    }
}
