/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients may ask of how an answer is chosen has an effect, and the shape that they know. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WishesTest {

    private static final String CHAT = "/v1/chat/completions";

    private final Nano nano = new Nano();

    WishesTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private static void check(String schema, JsonNode document) {
        if (OfficialDescription.present()) {
            OfficialDescription.read().check(schema, document);
        }
    }

    private JsonNode ask(String more) throws Exception {
        return nano.ask(CHAT, Nano.chat("Bye", more));
    }

    private static String said(JsonNode answer) {
        return answer.at("/choices/0/message/content").asText();
    }

    private int token(String text) throws Exception {
        return nano.ask("/tokenize", "{\"content\":\"" + text + "\"}").at("/tokens/0").asInt();
    }

    @Test
    void severalAnswers() throws Exception {
        String wish = "\"temperature\":3,\"top_k\":0,\"seed\":4,\"max_tokens\":12,\"n\":4";
        String body = "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}]," + wish + "}";
        JsonNode answer = nano.ask(CHAT, body);
        check("CreateChatCompletionResponse", answer);
        assertEquals(4, answer.path("choices").size());
        Set<String> different = new HashSet<>();
        for (int i = 0; i < 4; i++) {
            assertEquals(i, answer.path("choices").path(i).path("index").asInt());
            different.add(answer.path("choices").path(i).path("message").toString());
        }
        assertTrue(different.size() > 1, answer::toString);
        assertTrue(answer.at("/usage/completion_tokens").asInt() > 12, answer::toString);
        List<JsonNode> chunks = nano.stream(CHAT, body.replace("\"n\":4", "\"n\":4,\"stream\":true"));
        StringBuilder[] streamed = {new StringBuilder(), new StringBuilder(), new StringBuilder(), new StringBuilder()};
        int ended = 0;
        for (JsonNode chunk : chunks) {
            JsonNode choice = chunk.at("/choices/0");
            streamed[choice.path("index").asInt()].append(choice.at("/delta/content").asText(""));
            ended += choice.path("finish_reason").isNull() ? 0 : 1;
        }
        assertEquals(4, ended);
        for (int i = 0; i < 4; i++) {
            assertEquals(answer.path("choices").path(i).at("/message/content").asText(), streamed[i].toString());
        }
    }

    @Test
    void theSameSeedGivesTheSameTextAloneAndAmongOthers() throws Exception {
        String body = "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"temperature\":2,"
                + "\"top_p\":0.98,\"repetition_penalty\":1.1,\"presence_penalty\":0.3,\"max_tokens\":40,\"seed\":";
        List<String> alone = new ArrayList<>();
        for (int seed = 0; seed < 6; seed++) {
            alone.add(nano.ask(CHAT, body + seed + "}").at("/choices/0/message").toString());
        }
        assertTrue(new HashSet<>(alone).size() > 1, alone::toString);
        try (ExecutorService all = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> asked = new ArrayList<>();
            for (int seed = 0; seed < 6; seed++) {
                int own = seed;
                asked.add(() -> nano.ask(CHAT, body + own + "}").at("/choices/0/message").toString());
            }
            List<String> together = new ArrayList<>();
            for (Future<String> one : all.invokeAll(asked)) {
                together.add(one.get());
            }
            assertEquals(alone, together);
        }
    }

    @Test
    void tellsHowLikelyTokensWere() throws Exception {
        JsonNode answer = ask("\"logprobs\":true,\"top_logprobs\":4");
        check("CreateChatCompletionResponse", answer);
        StringBuilder text = new StringBuilder();
        for (JsonNode token : answer.at("/choices/0/logprobs/content")) {
            text.append(token.path("token").asText());
            assertEquals(4, token.path("top_logprobs").size());
            // greedy: the likeliest is the chosen one
            assertEquals(token.path("token"), token.at("/top_logprobs/0/token"));
            assertEquals(token.path("logprob"), token.at("/top_logprobs/0/logprob"));
            double sum = 0;
            for (JsonNode other : token.path("top_logprobs")) {
                sum += Math.exp(other.path("logprob").asDouble());
            }
            assertTrue(sum <= 1.000001 && sum > 0.2, token::toString);
        }
        assertEquals(said(answer), text.toString().strip());
        StringBuilder streamed = new StringBuilder();
        for (JsonNode chunk : nano.stream(CHAT, Nano.chat("Bye", "\"logprobs\":true,\"stream\":true"))) {
            check("CreateChatCompletionStreamResponse", chunk);
            for (JsonNode token : chunk.at("/choices/0/logprobs/content")) {
                streamed.append(token.path("token").asText());
                assertEquals(0, token.path("top_logprobs").size());
            }
        }
        assertEquals(text.toString(), streamed.toString());
    }

    @Test
    void biasesBansAndPenaltiesHaveAnEffect() throws Exception {
        String usual = said(ask(""));
        assertEquals("Goodbye!", usual);
        int good = token("Good");
        String spelled = nano.ask("/detokenize", "{\"tokens\":[" + good + "]}").path("content").asText();
        for (JsonNode token : ask("\"logprobs\":true,\"logit_bias\":{\"" + good + "\":-100}")
                .at("/choices/0/logprobs/content")) {
            assertNotEquals(spelled, token.path("token").asText());
        }
        assertFalse(said(ask("\"banned_strings\":[\"bye\"]")).contains("bye"));
        assertFalse(said(ask("\"bad_words\":[\"Goodbye\"]")).contains("Goodbye"));
        assertEquals(usual, said(ask("\"presence_penalty\":0.01,\"frequency_penalty\":0.01,\"repeat_last_n\":64,"
                + "\"dry_multiplier\":0.1,\"typical_p\":1,\"xtc_probability\":0,\"dynatemp_range\":0")));
        String always = "\"max_tokens\":30,\"logit_bias\":{\"" + good + "\":60}";
        String thrice = spelled.repeat(3);
        String repeated = ask(always).toString();
        assertTrue(repeated.contains(thrice), repeated);
        assertFalse(ask(always + ",\"frequency_penalty\":40").toString().contains(thrice));
        HttpResponse<String> wrong = nano.post(CHAT, Nano.chat("Bye", "\"logit_bias\":{\"99999999\":1}"));
        assertEquals(400, wrong.statusCode());
        assertEquals("logit_bias.99999999", Nano.JSON.readTree(wrong.body()).at("/error/param").asText());
    }

    /** A mask of the schema, penalties, a budget of thinking and log probabilities, all at once. */
    @Test
    void aFormatPenaltiesAndLogProbabilitiesWorkTogether() throws Exception {
        String format = "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":"
                + "{\"type\":\"object\",\"properties\":{\"state\":{\"enum\":[\"on\",\"off\"]},\"level\":"
                + "{\"type\":\"integer\",\"minimum\":1,\"maximum\":3}},\"required\":[\"state\",\"level\"],"
                + "\"additionalProperties\":false}}}";
        for (String more : List.of("", ",\"temperature\":2,\"seed\":5,\"top_k\":0",
                ",\"temperature\":1.5,\"top_k\":20")) {
            String body = "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],"
                    + "\"frequency_penalty\":0.5,\"repetition_penalty\":1.2,\"dry_multiplier\":0.8,\"logprobs\":true,"
                    + "\"thinking_budget\":3,\"max_tokens\":120,\"banned_strings\":[\"off\"]," + format + more + "}";
            JsonNode answer = nano.ask(CHAT, body);
            JsonNode value = Nano.JSON.readTree(said(answer));
            // where a part of the banned text is all that is left, the format wins
            assertTrue(Set.of("on", "off").contains(value.path("state").asText()), answer::toString);
            assertTrue(value.path("level").asInt() >= 1 && value.path("level").asInt() <= 3, answer::toString);
            StringBuilder text = new StringBuilder();
            for (JsonNode token : answer.at("/choices/0/logprobs/content")) {
                text.append(token.path("token").asText());
                assertTrue(token.path("logprob").asDouble() <= 0, token::toString);
            }
            assertEquals(said(answer).strip(), text.toString().strip());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"typical_p\":0.5", "\"xtc_probability\":1,\"xtc_threshold\":0.01", "\"dynatemp_range\":2",
            "\"min_p\":0.5", "\"dry_multiplier\":2,\"dry_allowed_length\":1", "\"top_k\":500,\"top_p\":0.9"})
    void samplersGoThrough(String wish) throws Exception {
        String body = "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"temperature\":2,"
                + "\"max_tokens\":20,\"seed\":3," + wish + "}";
        HttpResponse<String> answer = nano.post(CHAT, body);
        assertEquals(200, answer.statusCode(), answer::body);
        assertTrue(answer.headers().firstValue("Warning").isEmpty(), () -> answer.headers().toString());
        assertEquals(Nano.JSON.readTree(answer.body()).at("/choices/0/message"),
                nano.ask(CHAT, body).at("/choices/0/message"), "the same seed");
    }

    @Test
    void goesOnWhereTheAssistantStopped() throws Exception {
        String begun = "{\"model\":\"nano\",\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"},"
                + "{\"role\":\"assistant\",\"content\":\"Goodbye\"%s}]%s}";
        String more = said(nano.ask(CHAT, begun.formatted("", ",\"continue_final_message\":true")));
        assertFalse(more.startsWith("Good"), more);
        assertEquals("!", said(nano.ask(CHAT,
                begun.formatted(",\"reasoning_content\":\"The user leaves.\"", ""))));
        HttpResponse<String> wrong = nano.post(CHAT, Nano.chat("Bye", "\"continue_final_message\":true"));
        assertEquals(400, wrong.statusCode());
        assertEquals("continue_final_message", Nano.JSON.readTree(wrong.body()).at("/error/param").asText());
        JsonNode anthropic = nano.ask("/v1/messages", "{\"model\":\"nano\",\"max_tokens\":20,\"temperature\":0,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"},{\"role\":\"assistant\",\"content\":\"Goodbye\"}]}");
        assertEquals(more, anthropic.at("/content/0/text").asText(), anthropic::toString);
    }

    @Test
    void thinkingIsBoundedAndSwitchedOff() throws Exception {
        String usual = ask("").at("/choices/0/message/reasoning_content").asText();
        assertFalse(usual.isEmpty());
        for (String off : List.of("\"reasoning_effort\":\"none\"",
                "\"chat_template_kwargs\":{\"enable_thinking\":false}",
                "\"thinking_budget\":0")) {
            JsonNode answer = ask(off);
            assertTrue(answer.at("/choices/0/message/reasoning_content").isMissingNode(), answer::toString);
            assertFalse(said(answer).isEmpty(), answer::toString);
        }
        String bounded = ask("\"thinking_token_budget\":2").at("/choices/0/message/reasoning_content").asText();
        assertTrue(bounded.length() < usual.length() && usual.startsWith(bounded), bounded);
        assertNotEquals("", said(ask("\"reasoning_budget\":2")));
        assertEquals(usual, ask("\"reasoning_budget\":-1").at("/choices/0/message/reasoning_content").asText());
        JsonNode ollama = nano.ask("/api/chat", "{\"model\":\"nano\",\"stream\":false,\"think\":false,\"options\":"
                + "{\"temperature\":0},\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}]}");
        assertTrue(ollama.at("/message/thinking").isMissingNode(), ollama::toString);
        assertFalse(ollama.at("/message/content").asText().isEmpty(), ollama::toString);
    }

    @Test
    void theThinkingOfAnAnswerThatIsNotThereCannotBeEnded() throws Exception {
        HttpResponse<String> answer = nano.post("/v1/chat/completions/chatcmpl-nobody/end_thinking", "{}");
        assertEquals(404, answer.statusCode());
        assertTrue(answer.body().contains("No answer with this id"), answer::body);
    }
}
