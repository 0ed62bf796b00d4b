/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.plugin.http.json.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers have all parts that the APIs promise; those of OpenAI are held against its description where that is present. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShapesTest {

    private static final String LAMP = "Turn on the kitchen lamp.";
    private static final String FLAT_TOOLS = Nano.TOOLS.replace("\"function\":{\"name\"", "\"name\"").replace("}}},",
            "}},").replace("}}}]", "}}]").replace("]}}}", "]}}");

    private final Nano nano = new Nano();

    ShapesTest() throws InterruptedException {
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private static void check(String schema, JsonNode document) {
        if (OfficialDescription.present()) {
            Description.READ.check(schema, document);
        }
    }

    /** Read once, and only where it is needed. */
    private static final class Description {

        private static final OfficialDescription READ = OfficialDescription.read();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"max_tokens\":3"})
    void chatCompletions(String more) throws Exception {
        String body = Nano.chat("Bye", more);
        check("CreateChatCompletionRequest", Nano.JSON.readTree(body));
        JsonNode answer = nano.ask("/v1/chat/completions", body);
        check("CreateChatCompletionResponse", answer);
        assertTrue(answer.at("/timings/predicted_n").asInt() > 0);
        String tools = Nano.chat(LAMP, "\"tools\":" + Nano.TOOLS);
        check("CreateChatCompletionRequest", Nano.JSON.readTree(tools));
        check("CreateChatCompletionResponse", nano.ask("/v1/chat/completions", tools));
    }

    @Test
    void chunks() throws Exception {
        String more = "\"stream\":true,\"stream_options\":{\"include_usage\":true},\"tools\":" + Nano.TOOLS;
        List<JsonNode> chunks = nano.stream("/v1/chat/completions", Nano.chat(LAMP, more));
        assertTrue(chunks.size() > 4);
        chunks.forEach(chunk -> check("CreateChatCompletionStreamResponse", chunk));
        JsonNode first = chunks.getFirst().at("/choices/0/delta");
        assertEquals("assistant", first.path("role").asText());
        assertEquals("", first.path("content").asText("missing"));
        assertTrue(nano.post("/v1/chat/completions", Nano.chat("Bye", more)).body().endsWith("data: [DONE]\n\n"));
    }

    @Test
    void aRoundTripWithATool() throws Exception {
        JsonNode called = nano.ask("/v1/chat/completions", Nano.chat(LAMP, "\"tools\":" + Nano.TOOLS));
        JsonNode message = called.at("/choices/0/message");
        String body = """
                {"model":"nano","temperature":0,"tools":%s,"messages":[{"role":"user","content":"%s"},%s,
                {"role":"tool","tool_call_id":"%s","content":"{\\"ok\\":true,\\"name\\":\\"kitchen_lamp\\",\\"state\\":\\"on\\"}"}]}
                """
                .formatted(Nano.TOOLS, LAMP, message, message.at("/tool_calls/0/id").asText());
        JsonNode answer = nano.ask("/v1/chat/completions", body);
        assertTrue(answer.at("/choices/0/message/content").asText().contains("kitchen lamp is on"), answer::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"bye\"", "[\"nothing\",\"bye!\"]"})
    void aTextEndsTheAnswer(String stop) throws Exception {
        JsonNode answer = nano.ask("/v1/chat/completions", Nano.chat("Bye", "\"stop\":" + stop));
        assertEquals("Good", answer.at("/choices/0/message/content").asText());
        assertEquals("stop", answer.at("/choices/0/finish_reason").asText());
        assertEquals("Good", nano.ask("/api/generate", "{\"model\":\"nano\",\"prompt\":\"Bye\",\"stream\":false,"
                + "\"options\":{\"temperature\":0,\"stop\":" + stop + "}}").path("response").asText());
    }

    @Test
    void noToolsIfNoneIsChosen() throws Exception {
        int without = nano.ask("/v1/chat/completions/input_tokens", Nano.chat(LAMP, "")).path("input_tokens").asInt();
        int none = nano.ask("/v1/chat/completions/input_tokens",
                Nano.chat(LAMP, "\"tool_choice\":\"none\",\"tools\":" + Nano.TOOLS)).path("input_tokens").asInt();
        assertEquals(without, none);
    }

    @Test
    void responses() throws Exception {
        String request = "{\"model\":\"nano\",\"temperature\":0,\"input\":\"" + LAMP
                + "\",\"instructions\":\"Be brief.\","
                + "\"metadata\":{\"a\":\"b\"},\"tools\":" + FLAT_TOOLS.replace("}]", ",\"strict\":false}]")
                        .replace("}},", "},\"strict\":false},")
                + "}";
        check("CreateResponse", Nano.JSON.readTree(request));
        JsonNode response = nano.ask("/v1/responses", request);
        check("Response", response);
        assertEquals("completed", response.path("status").asText());
        assertEquals("reasoning", response.at("/output/0/type").asText());
        assertEquals("function_call", response.at("/output/1/type").asText());
        assertEquals("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}", response.at("/output/1/arguments").asText());
        // the whole conversation comes again, with the items as they were given
        String next = """
                {"model":"nano","temperature":0,"tools":%s,"input":[{"role":"user","content":"%s"},%s,%s,
                {"type":"function_call_output","call_id":"%s","output":"{\\"ok\\":true,\\"name\\":\\"kitchen_lamp\\",\\"state\\":\\"on\\"}"}]}
                """
                .formatted(FLAT_TOOLS, LAMP, response.at("/output/0"), response.at("/output/1"),
                        response.at("/output/1/call_id").asText());
        JsonNode second = nano.ask("/v1/responses", next);
        check("Response", second);
        assertTrue(second.at("/output").toString().contains("kitchen lamp is on"), second::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bye", LAMP})
    void eventsOfResponses(String input) throws Exception {
        List<JsonNode> events = nano.stream("/v1/responses", "{\"model\":\"nano\",\"temperature\":0,\"stream\":true,"
                + "\"input\":\"" + input + "\",\"tools\":" + FLAT_TOOLS + "}");
        List<String> types = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            assertEquals(i, events.get(i).path("sequence_number").asInt());
            types.add(events.get(i).path("type").asText());
            check("ResponseStreamEvent", events.get(i));
        }
        assertEquals(List.of("response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.reasoning_text.delta"), types.subList(0, 5));
        assertEquals("response.completed", types.getLast());
        long added = types.stream().filter("response.output_item.added"::equals).count();
        assertEquals(added, types.stream().filter("response.output_item.done"::equals).count());
        assertEquals(added, events.getLast().at("/response/output").size());
        assertTrue(added > 1);
    }

    @Test
    void aResponseThatIsCutIsIncomplete() throws Exception {
        JsonNode response = nano.ask("/v1/responses",
                "{\"model\":\"nano\",\"input\":\"Bye\",\"max_output_tokens\":2}");
        check("Response", response);
        assertEquals("incomplete", response.path("status").asText());
        assertEquals("max_output_tokens", response.at("/incomplete_details/reason").asText());
    }

    @Test
    void messagesOfAnthropic() throws Exception {
        String tools = "[{\"name\":\"set_device\",\"description\":\"Switch a device on or off.\",\"input_schema\":"
                + "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"state\":{\"type\":\"string\"}},"
                + "\"required\":[\"name\",\"state\"]}}]";
        String request = "{\"model\":\"nano\",\"max_tokens\":200,\"temperature\":0,\"tools\":" + tools
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + LAMP + "\"}%s]%s}";
        JsonNode message = nano.ask("/v1/messages", request.formatted("", ""));
        assertEquals("tool_use", message.path("stop_reason").asText(), message::toString);
        assertEquals("tool_use", message.at("/content/0/type").asText(), "thinking only if it is asked for");
        assertEquals("on", message.at("/content/0/input/state").asText());
        String more = "," + "{\"role\":\"assistant\",\"content\":" + message.path("content")
                + "},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\""
                + message.at("/content/0/id").asText()
                + "\",\"content\":[{\"type\":\"text\",\"text\":\"{\\\"ok\\\":true,\\\"name\\\":\\\"kitchen_lamp\\\",\\\"state\\\":\\\"on\\\"}\"}]}]}";
        JsonNode answer = nano.ask("/v1/messages", request.formatted(more, ""));
        assertEquals("end_turn", answer.path("stop_reason").asText());
        assertTrue(answer.path("content").toString().contains("kitchen lamp is on"), answer::toString);
        JsonNode thoughtful = nano.ask("/v1/messages", request.formatted("", ",\"thinking\":{\"type\":\"adaptive\"}"));
        assertEquals("thinking", thoughtful.at("/content/0/type").asText(), thoughtful::toString);
        List<String> types = nano.stream("/v1/messages", request.formatted("", ",\"stream\":true")).stream()
                .map(event -> event.path("type").asText()).toList();
        assertEquals(List.of("message_start", "ping", "content_block_start", "content_block_delta",
                "content_block_stop", "message_delta", "message_stop"), types);
    }

    @Test
    void linesOfOllama() throws Exception {
        String request = "{\"model\":\"nano:latest\",\"options\":{\"temperature\":0},\"messages\":[{\"role\":\"user\",\"content\":\""
                + LAMP + "\"}],\"tools\":" + Nano.TOOLS;
        String[] lines = nano.post("/api/chat", request + "}").body().split("\n", -1);
        JsonNode last = Nano.JSON.readTree(lines[lines.length - 2]);
        assertTrue(last.path("done").asBoolean());
        assertEquals("stop", last.path("done_reason").asText());
        assertTrue(last.path("eval_count").asInt() > 5);
        JsonNode whole = nano.ask("/api/chat", request + ",\"stream\":false}");
        assertEquals("on", whole.at("/message/tool_calls/0/function/arguments/state").asText(), whole::toString);
        assertFalse(whole.at("/message/thinking").asText().isEmpty());
        JsonNode generated = nano.ask("/api/generate",
                "{\"model\":\"nano\",\"prompt\":\"Bye\",\"stream\":false,\"think\":false,\"options\":{\"temperature\":0}}");
        assertEquals("Goodbye!", generated.path("response").asText());
        assertFalse(generated.has("thinking"));
        assertEquals("nano:latest", Nano.JSON.readTree(nano.get("/api/tags").body()).at("/models/0/name").asText());
        assertEquals(4096, nano.ask("/api/show", "{\"model\":\"nano\"}").at("/model_info/lfm2moe.context_length")
                .asInt());
    }

    @Test
    void whatTheServerTellsOfItself() throws Exception {
        JsonNode models = Nano.JSON.readTree(nano.get("/v1/models").body());
        check("ListModelsResponse", models);
        assertEquals("nano", models.at("/data/0/id").asText());
        check("Model", Nano.JSON.readTree(nano.get("/v1/models/nano").body()));
        assertEquals(404, nano.get("/v1/models/other").statusCode());
        assertEquals("{\"status\":\"ok\"}", nano.get("/health").body());
        JsonNode tokens = nano.ask("/tokenize", "{\"content\":\"Hello <|im_end|>\"}");
        assertEquals("Hello <|im_end|>",
                nano.ask("/detokenize", "{\"tokens\":" + tokens.path("tokens") + "}").path("content").asText());
        HttpResponse<String> metrics = nano.get("/metrics");
        assertTrue(metrics.body().contains("millrace_first_token_seconds_bucket{model=\"nano\",le=\"+Inf\"}"),
                metrics::body);
        assertTrue(metrics.body().lines().allMatch(line -> line.startsWith("# ")
                || line.matches("[a-z_]+(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? [0-9.E]+")), metrics::body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions", "/nothing"})
    void errorsOfOpenAi(String path) throws Exception {
        HttpResponse<String> answer = nano.post(path, "{\"model\":\"other\",\"input\":1}");
        assertTrue(answer.statusCode() == 400 || answer.statusCode() == 404, answer::body);
        check("ErrorResponse", Nano.JSON.readTree(answer.body()));
    }

    @Test
    void errorsOfTheOthers() throws Exception {
        HttpResponse<String> refused = nano.post("/v1/messages", "{\"model\":\"x\"}");
        assertEquals(
                "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"There is no model x here;"
                        + " there is nano.\"},\"request_id\":\""
                        + refused.headers().firstValue("request-id").orElseThrow()
                        + "\"}",
                refused.body());
        assertEquals("{\"error\":\"There is no model x here; there is nano.\"}",
                nano.post("/api/chat", "{\"model\":\"x\",\"messages\":[]}").body());
    }

    /** Whoever refuses: the door, what reads the question, what answers it. */
    @ParameterizedTest
    @ValueSource(strings = {"/v1/messages", "/v1/messages/count_tokens", "/v1/messages/batches"})
    void anErrorOfAnthropicHasTheIdOfItsHeader(String path) throws Exception {
        for (String body : List.of("no JSON", "{}", "{\"model\":\"nano\",\"max_tokens\":5,\"stream\":true,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + "far too long ".repeat(20_000) + "\"}]}")) {
            HttpResponse<String> refused = nano.post(path, body);
            if (refused.statusCode() != 200) {
                JsonNode error = Nano.JSON.readTree(refused.body());
                assertEquals(refused.headers().firstValue("request-id").orElseThrow(),
                        error.path("request_id").asText(), refused::body);
            }
        }
    }

    /** A field that cannot be kept is refused by its name: nothing is promised and not done. */
    @ParameterizedTest
    @ValueSource(strings = {"n 0", "n 17", "stop 1", "stop [\"\"]", "logprobs 1", "top_logprobs 3",
            "top_logprobs 21", "frequency_penalty \"x\"", "presence_penalty 1e9", "logit_bias 1", "audio {}",
            "typical_p 2", "xtc_probability -1", "dry_base 0.5", "min_tokens 3", "mirostat 2",
            "function_call \"auto\"",
            "functions [{}]", "thinking_budget -2", "reasoning_budget 1.5",
            "temperature -1", "temperature \"hot\"", "top_p 2", "top_k 1.5",
            "seed 1e30", "max_tokens 0", "max_completion_tokens 1.5", "stream \"yes\"", "tools {}",
            "reasoning_effort \"huge\"", "modalities [\"audio\"]", "continue_final_message true"})
    void whatCannotBeKeptIsRefusedByName(String field) throws Exception {
        int space = field.indexOf(' ');
        String name = field.substring(0, space);
        HttpResponse<String> answer = nano.post("/v1/chat/completions",
                "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\","
                        + "\"content\":\"Bye\"}],\"" + name + "\":" + field.substring(space + 1) + "}");
        assertEquals(400, answer.statusCode(), answer::body);
        JsonNode error = Nano.JSON.readTree(answer.body()).path("error");
        assertEquals(name, error.path("param").asText(), answer::body);
        assertTrue(error.path("message").asText().contains(name), answer::body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[{\"role\":\"assistant\",\"content\":\"Hello\"}]",
            "[{\"role\":\"system\"}]", "[{\"role\":\"user\"}]",
            "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}]",
            "[{\"role\":\"king\",\"content\":\"x\"}]", "[1]", "7"})
    void wrongMessagesAreRefused(String messages) throws Exception {
        HttpResponse<String> answer = nano.post("/v1/chat/completions",
                "{\"model\":\"nano\",\"messages\":" + messages + "}");
        assertEquals(400, answer.statusCode(), answer::body);
        assertTrue(Nano.JSON.readTree(answer.body()).at("/error/param").asText().startsWith("messages"),
                answer::body);
    }

    /** What is read here of JSON has bounds; what goes beyond them is JSON nevertheless. */
    @Test
    void whatIsNestedTooDeeplyIsNotCalledNoJson() throws Exception {
        String deep = "[".repeat(200) + "]".repeat(200);
        for (String body : List.of("{\"messages\":" + deep + "}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\","
                        + "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":" + deep
                        + "}\"}}]}]}")) {
            HttpResponse<String> answer = nano.post("/v1/chat/completions", body);
            assertEquals(400, answer.statusCode(), answer::body);
            assertTrue(answer.body().contains(" cannot be read: Nested deeper than 64"), answer::body);
        }
    }

    /** A text that no answer can hold is refused, and not looked for as a question mark. */
    @ParameterizedTest
    @ValueSource(strings = {"banned_strings", "bad_words", "dry_sequence_breakers", "stop"})
    void halfASurrogatePairThatIsLookedForIsRefused(String field) throws Exception {
        HttpResponse<String> answer = nano.post("/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"" + field + "\":[\"x\\ud800\"]}");
        assertEquals(400, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains("half of a surrogate pair"), answer::body);
    }

    @Test
    void halfASurrogatePairIsReplaced() throws Exception {
        HttpResponse<String> answer = nano.post("/v1/chat/completions",
                "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"Bye\\ud800\"}]}");
        assertEquals(200, answer.statusCode(), answer::body);
    }

    /** Whatever comes back of it, in an answer or in an error, is U+FFFD and never a question mark. */
    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions", "/api/chat", "/api/generate", "/api/show"})
    void halfASurrogatePairIsToldAsAReplacement(String path) throws Exception {
        HttpResponse<String> answer = nano.post(path, """
                {"model":"x\\ud800y","prompt":"Bye","messages":[{"role":"user","content":"Bye"}]}""");
        assertEquals(404, answer.statusCode(), answer::body);
        assertTrue(answer.body().contains("x\ufffdy"), answer::body);
    }

    @Test
    void treesAreWrittenWithoutHalvesOfPairs() {
        String half = "a\ud800b\udc00c\ud83d\ude00";
        JsonNode tree = Json.tree(Map.of(half, List.of(half, Map.of("k", half))));
        String whole = "a\ufffdb\ufffdc\ud83d\ude00";
        String expected = "{\"" + whole + "\":[\"" + whole + "\",{\"k\":\"" + whole + "\"}]}";
        assertEquals(expected, Json.text(tree));
        assertEquals(expected, new String(Json.bytes(tree), StandardCharsets.UTF_8));
        assertEquals(Map.of(whole, List.of(whole, Map.of("k", whole))), Json.plain(tree));
    }

    /** Whatever reads a part of a request twice makes no field of it look unknown. */
    @ParameterizedTest
    @CsvSource(delimiter = ' ', quoteCharacter = '`', value = {
            "/v1/chat/completions `\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"tools\":%s`",
            "/v1/responses `\"input\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"tools\":[{\"type\":\"function\","
                    + "\"name\":\"f\",\"strict\":false,\"parameters\":{\"type\":\"object\"}}],\"metadata\":{\"a\":\"b\"},"
                    + "\"text\":{\"format\":{\"type\":\"text\"}}`",
            "/v1/messages `\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"tools\":"
                    + "[{\"name\":\"f\",\"input_schema\":{\"type\":\"object\"}}],\"output_config\":{\"effort\":\"low\"}`",
            "/api/chat `\"stream\":false,\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}],\"tools\":%s`",
            "/api/generate `\"stream\":false,\"prompt\":\"Bye\"`", "/tokenize `\"content\":\"Bye\"`"})
    void whatHasAnEffectIsNotNamed(String path, String body) throws Exception {
        HttpResponse<String> answer = nano.post(path,
                "{\"model\":\"nano\"," + body.replace("%s", Nano.TOOLS) + "}");
        assertEquals(200, answer.statusCode(), answer::body);
        assertEquals("", answer.headers().firstValue("Warning").orElse(""));
    }

    @Test
    void fieldsWithoutEffectAreNamed() throws Exception {
        HttpResponse<String> answer = nano.post("/v1/chat/completions",
                Nano.chat("Bye", "\"verbosity\":\"low\",\"b\\u000d\\u000ad: x\":1"));
        assertEquals(200, answer.statusCode(), answer::body);
        assertEquals("299 millrace \"without effect: verbosity, b??d??x\"",
                answer.headers().firstValue("Warning").orElse(""));
    }
}
