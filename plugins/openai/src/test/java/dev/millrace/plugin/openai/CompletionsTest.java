/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /v1/completions}: the model goes on with bare text. */
class CompletionsTest {

    private static final String PATH = "/v1/completions";
    private static final String PROMPT = "The kitchen lamp is";

    private static Nano nano;

    @BeforeAll
    static void start() throws Exception {
        nano = new Nano();
    }

    @AfterAll
    static void stop() {
        nano.close();
    }

    private static String body(String prompt, String more) {
        return "{\"model\":\"nano\",\"temperature\":0,\"prompt\":" + prompt + (more.isEmpty() ? "" : "," + more) + "}";
    }

    private static String quoted(String text) {
        return "\"" + text + "\"";
    }

    @Test
    void nothingStandsAroundThePrompt() throws Exception {
        JsonNode answer = nano.ask(PATH, body(quoted(PROMPT), ""));
        int own = nano.ask("/tokenize", "{\"content\":\"" + PROMPT + "\"}").path("count").intValue();
        int prompt = answer.path("usage").path("prompt_tokens").intValue();
        // the token that begins a text may come first
        assertTrue(prompt == own || prompt == own + 1, prompt + " tokens for " + own);
        assertTrue(answer.path("usage").path("completion_tokens").intValue() <= 16);
        assertEquals("text_completion", answer.path("object").asText());
        if (OfficialDescription.present()) {
            OfficialDescription.read().check("CreateCompletionResponse", answer);
        }
    }

    @Test
    void aStreamSaysTheSame() throws Exception {
        String whole = nano.ask(PATH, body(quoted(PROMPT), "\"max_tokens\":30")).path("choices").path(0).path("text")
                .asText();
        List<JsonNode> events = nano.stream(PATH, body(quoted(PROMPT),
                "\"max_tokens\":30,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event.path("choices").path(0).path("text").asText("")));
        assertEquals(whole, text.toString());
        assertEquals(1, events.stream().map(event -> event.path("id").asText()).distinct().count());
        assertTrue(events.getLast().path("choices").isEmpty());
        assertTrue(events.getLast().path("usage").path("completion_tokens").intValue() > 0);
        assertNotEquals("", events.get(events.size() - 2).path("choices").path(0).path("finish_reason").asText());
    }

    @Test
    void severalPromptsWithSeveralAnswers() throws Exception {
        JsonNode answer = nano.ask(PATH, body("[\"" + PROMPT + "\",\"The cellar\"]",
                "\"n\":2,\"echo\":true,\"max_tokens\":4"));
        assertEquals(4, answer.path("choices").size());
        for (int i = 0; i < 4; i++) {
            JsonNode choice = answer.path("choices").path(i);
            assertEquals(i, choice.path("index").intValue());
            assertTrue(choice.path("text").asText().startsWith(i < 2 ? PROMPT : "The cellar"), choice::toString);
        }
    }

    @Test
    void logProbabilitiesInTheOlderForm() throws Exception {
        JsonNode logprobs = nano.ask(PATH, body(quoted(PROMPT), "\"logprobs\":2,\"max_tokens\":3")).path("choices")
                .path(0).path("logprobs");
        int tokens = logprobs.path("tokens").size();
        assertTrue(tokens > 0, logprobs::toString);
        assertEquals(tokens, logprobs.path("token_logprobs").size());
        assertEquals(tokens, logprobs.path("text_offset").size());
        assertEquals(0, logprobs.path("text_offset").path(0).intValue());
        assertTrue(logprobs.path("top_logprobs").path(0).size() >= 1, logprobs::toString);
        assertTrue(logprobs.path("token_logprobs").path(0).doubleValue() <= 0);
    }

    @Test
    void aFormIsKept() throws Exception {
        String text = nano.ask(PATH, body(quoted(PROMPT), "\"guided_choice\":[\"north\",\"south\"]")).path("choices")
                .path(0).path("text").asText();
        assertTrue(text.equals("north") || text.equals("south"), text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', value = {"prompt | {}", "prompt | {\"prompt\":[]}",
            "prompt | {\"prompt\":[1,2]}", "prompt | {\"prompt\":[[1]]}", "prompt | {\"prompt\":\"\"}",
            "n | {\"prompt\":\"x\",\"n\":17}", "suffix | {\"prompt\":\"x\",\"suffix\":\"y\"}",
            "best_of | {\"prompt\":\"x\",\"best_of\":2}", "echo | {\"prompt\":\"x\",\"echo\":true,\"logprobs\":1}",
            "logprobs | {\"prompt\":\"x\",\"logprobs\":6}", "max_tokens | {\"prompt\":\"x\",\"max_tokens\":0}"})
    void whatCannotBeDoneIsRefusedByName(String field, String body) throws Exception {
        HttpResponse<String> answer = nano.post(PATH, body);
        assertEquals(400, answer.statusCode(), answer::body);
        assertEquals(field, Nano.JSON.readTree(answer.body()).path("error").path("param").asText());
    }
}
