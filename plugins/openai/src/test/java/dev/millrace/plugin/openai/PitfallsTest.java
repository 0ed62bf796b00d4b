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
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients have stumbled over with other servers, each as a test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PitfallsTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String LAMP = "Turn on the kitchen lamp.";
    /** The model calls a tool for each. */
    private static final String TWO_LAMPS = "Turn on the kitchen lamp and the garage lamp.";

    private final Nano nano = new Nano();

    PitfallsTest() throws InterruptedException {
    }

    @BeforeAll
    void warm() throws Exception {
        nano.ask(CHAT, Nano.chat("Bye", ""));
    }

    @AfterAll
    void stop() {
        nano.close();
    }

    private static List<JsonNode> deltas(List<JsonNode> events, String field) {
        List<JsonNode> found = new ArrayList<>();
        for (JsonNode event : events) {
            JsonNode delta = event.path("choices").path(0).path("delta").path(field);
            if (!delta.isMissingNode()) {
                found.add(delta);
            }
        }
        return found;
    }

    private static String joined(List<JsonNode> events, String field) {
        StringBuilder text = new StringBuilder();
        deltas(events, field).forEach(delta -> text.append(delta.asText()));
        return text.toString();
    }

    private static JsonNode last(List<JsonNode> events) {
        return events.getLast();
    }

    private static JsonNode error(HttpResponse<String> answer) throws Exception {
        return Nano.JSON.readTree(answer.body()).path("error");
    }

    private void refused(String body, String param) throws Exception {
        HttpResponse<String> answer = nano.post(CHAT, body);
        assertEquals(400, answer.statusCode(), answer::body);
        assertEquals(param, error(answer).path("param").asText(), answer::body);
        assertTrue(error(answer).path("message").asText().contains(param), answer::body);
    }

    @Test
    void reasoningHasTheNameThatClientsKnowAndTheOtherOnRequest() throws Exception {
        List<JsonNode> events = nano.stream(CHAT, Nano.chat("Bye", "\"stream\":true"));
        assertFalse(joined(events, "reasoning_content").isEmpty());
        assertEquals(List.of(), deltas(events, "reasoning"));
        assertEquals("Goodbye!", joined(events, "content"));
        List<JsonNode> other = nano.stream(CHAT,
                Nano.chat("Bye", "\"stream\":true,\"reasoning_format\":\"reasoning\""));
        assertEquals(joined(events, "reasoning_content"), joined(other, "reasoning"));
        assertEquals(List.of(), deltas(other, "reasoning_content"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"reasoning_content", "reasoning"})
    void reasoningOfEarlierTurnsIsReadUnderBothNames(String field) throws Exception {
        String body = """
                {"model":"nano","messages":[{"role":"user","content":"%s"},
                {"role":"assistant","content":null,"FIELD":"The lamp is wanted.","tool_calls":[{"id":"c1","type":"function",
                "function":{"name":"set_device","arguments":"{\\"name\\":\\"kitchen_lamp\\",\\"state\\":\\"on\\"}"}}]},
                {"role":"tool","tool_call_id":"c1","content":"{\\"ok\\":true}"}],"tools":%s}
                """
                .formatted(LAMP, Nano.TOOLS);
        int with = nano.ask(CHAT + "/input_tokens", body.replace("FIELD", field)).path("input_tokens").asInt();
        int without = nano.ask(CHAT + "/input_tokens", body.replace("FIELD", "nothing")).path("input_tokens").asInt();
        assertTrue(with > without, with + " and " + without);
    }

    @Test
    void aCallBeginsWithItsNameAndEmptyArgumentsAndKeepsItsIdAndIndex() throws Exception {
        List<JsonNode> events = nano.stream(CHAT, Nano.chat(LAMP, "\"stream\":true,\"tools\":" + Nano.TOOLS));
        List<JsonNode> calls = deltas(events, "tool_calls");
        assertEquals("", calls.getFirst().path(0).path("function").path("arguments").asText("missing"));
        assertEquals("set_device", calls.getFirst().path(0).path("function").path("name").asText());
        assertTrue(calls.getFirst().path(0).path("id").asText().startsWith("call_"));
        StringBuilder arguments = new StringBuilder();
        for (JsonNode call : calls.subList(1, calls.size())) {
            assertFalse(call.path(0).has("id"), call::toString);
            assertEquals(0, call.path(0).path("index").asInt());
            arguments.append(call.path(0).path("function").path("arguments").asText());
        }
        assertEquals("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}", arguments.toString());
        Set<String> ids = new HashSet<>();
        events.forEach(event -> ids.add(event.path("id").asText() + event.path("created") + event.path("model")));
        assertEquals(1, ids.size());
    }

    @Test
    void idsOfCallsDifferFromRequestToRequest() throws Exception {
        String body = Nano.chat(LAMP, "\"tools\":" + Nano.TOOLS);
        String first = nano.ask(CHAT, body).at("/choices/0/message/tool_calls/0/id").asText();
        String second = nano.ask(CHAT, body).at("/choices/0/message/tool_calls/0/id").asText();
        assertNotEquals(first, second);
    }

    @Test
    void severalCallsAreToldApartByIndexAndId() throws Exception {
        String body = Nano.chat(TWO_LAMPS, "\"stream\":true,\"tools\":" + Nano.TOOLS);
        List<String> ids = new ArrayList<>();
        List<StringBuilder> arguments = new ArrayList<>();
        for (JsonNode delta : deltas(nano.stream(CHAT, body), "tool_calls")) {
            JsonNode call = delta.path(0);
            if (call.has("id")) {
                ids.add(call.path("id").asText());
                arguments.add(new StringBuilder());
            }
            assertEquals(ids.size() - 1, call.path("index").asInt(-1), delta::toString);
            arguments.getLast().append(call.at("/function/arguments").asText());
        }
        assertEquals(List.of("{\"name\":\"kitchen_lamp\",\"state\":\"on\"}",
                "{\"name\":\"garage_lamp\",\"state\":\"on\"}"), arguments.stream().map(Object::toString).toList());
        assertEquals(2, Set.copyOf(ids).size());
    }

    @Test
    void onlyOneCallIfParallelCallsAreOff() throws Exception {
        for (boolean parallel : List.of(true, false)) {
            JsonNode choice = nano.ask(CHAT, Nano.chat(TWO_LAMPS,
                    "\"parallel_tool_calls\":" + parallel + ",\"tools\":" + Nano.TOOLS)).at("/choices/0");
            assertEquals(parallel ? 2 : 1, choice.at("/message/tool_calls").size(), choice::toString);
            assertEquals("tool_calls", choice.path("finish_reason").asText());
        }
    }

    @Test
    void callsEndWithToolCallsInStreamsToo() throws Exception {
        List<JsonNode> events = nano.stream(CHAT, Nano.chat(LAMP, "\"stream\":true,\"tools\":" + Nano.TOOLS));
        assertEquals("tool_calls", last(events).at("/choices/0/finish_reason").asText());
        JsonNode whole = nano.ask(CHAT, Nano.chat(LAMP, "\"tools\":" + Nano.TOOLS));
        assertEquals("tool_calls", whole.at("/choices/0/finish_reason").asText());
    }

    /** Whatever the place of the cut: before, within or after the call. */
    @Test
    void lengthWinsOverCalls() throws Exception {
        int all = nano.ask(CHAT, Nano.chat(LAMP, "\"tools\":" + Nano.TOOLS)).at("/usage/completion_tokens").asInt();
        for (int most : new int[]{3, all - 4, all - 1}) {
            JsonNode cut = nano.ask(CHAT, Nano.chat(LAMP, "\"max_tokens\":" + most + ",\"tools\":" + Nano.TOOLS));
            assertEquals("length", cut.at("/choices/0/finish_reason").asText(), cut::toString);
            JsonNode calls = cut.at("/choices/0/message/tool_calls");
            assertTrue(calls.isMissingNode() || !calls.isEmpty(), cut::toString);
        }
    }

    @Test
    void noCallsIsNoEmptyList() throws Exception {
        JsonNode message = nano.ask(CHAT, Nano.chat("Bye", "\"tools\":" + Nano.TOOLS)).at("/choices/0/message");
        assertFalse(message.has("tool_calls"), message::toString);
        refused(Nano.chat(LAMP, "\"tool_choice\":\"required\""), "tool_choice");
        refused(Nano.chat(LAMP,
                "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"no_such\"}},\"tools\":"
                        + Nano.TOOLS),
                "tool_choice");
    }

    @Test
    void usageComesOnlyOnRequestAndThenLast() throws Exception {
        List<JsonNode> without = nano.stream(CHAT, Nano.chat("Bye", "\"stream\":true"));
        assertTrue(without.stream().noneMatch(event -> event.has("usage") || event.path("choices").isEmpty()));
        List<JsonNode> with = nano.stream(CHAT,
                Nano.chat("Bye", "\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        assertTrue(last(with).path("choices").isEmpty());
        assertEquals(
                last(with).at("/usage/prompt_tokens").asInt() + last(with).at("/usage/completion_tokens").asInt(),
                last(with).at("/usage/total_tokens").asInt());
        assertTrue(last(with).at("/usage/completion_tokens_details/reasoning_tokens").asInt() > 0);
        assertEquals(with.size() - 1, without.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"schema\":{\"type\":\"string\",\"pattern\":\"(\"}}",
            "{\"name\":\"x\",\"schema\":{\"type\":\"array\",\"uniqueItems\":true}}"})
    void aFormatThatCannotBeEnforcedIsRefusedAlsoBesideTools(String schema) throws Exception {
        String format = "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":" + schema + "}";
        refused(Nano.chat("Bye", format), "response_format");
        refused(Nano.chat("Bye", format + ",\"tools\":" + Nano.TOOLS), "response_format");
        refused(Nano.chat("Bye", "\"response_format\":{\"type\":\"xml\"}"), "response_format.type");
        refused(Nano.chat("Bye", "\"structured_outputs\":{\"regex\":\"(?=a)\"}"), "structured_outputs.regex");
        refused(Nano.chat("Bye", "\"grammar\":\"root ::= x\""), "grammar");
    }

    @Test
    void answersAreHeldToWhatWasAskedFor() throws Exception {
        String schema = "{\"type\":\"object\",\"properties\":{\"ok\":{\"type\":\"boolean\"}},\"required\":[\"ok\"],"
                + "\"additionalProperties\":false}";
        String json = content(
                "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"strict\":true,"
                        + "\"schema\":" + schema + "}}");
        assertTrue(Nano.JSON.readTree(json).path("ok").isBoolean(), json);
        assertTrue(Nano.JSON.readTree(content("\"json_schema\":" + schema)).path("ok").isBoolean());
        assertTrue(content("\"structured_outputs\":{\"regex\":\"[0-9]{3}\"}").matches("[0-9]{3}"));
        assertTrue(content("\"structured_outputs\":{\"choice\":[\"on\",\"off\"]}").matches("on|off"));
        assertTrue(content("\"grammar\":\"root ::= [a-c]{2} \\\"!\\\"\"").matches("[a-c]{2}!"));
        JsonNode required = nano.ask(CHAT, Nano.chat("Bye", "\"tool_choice\":\"required\",\"tools\":" + Nano.TOOLS));
        assertFalse(required.at("/choices/0/message/tool_calls").isEmpty(), required::toString);
        JsonNode named = nano.ask(CHAT, Nano.chat("Bye",
                "\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"set_device\"}},\"tools\":"
                        + Nano.TOOLS));
        assertEquals("set_device", named.at("/choices/0/message/tool_calls/0/function/name").asText(), named::toString);
    }

    @Test
    void thinkingStaysFreeWhereTheAnswerIsHeldToASchema() throws Exception {
        JsonNode message = nano
                .ask(CHAT, Nano.chat(LAMP, "\"max_tokens\":200,\"response_format\":{\"type\":\"json_schema\","
                        + "\"json_schema\":{\"name\":\"x\",\"schema\":{\"type\":\"object\",\"properties\":{\"ok\":"
                        + "{\"type\":\"boolean\"}},\"required\":[\"ok\"],\"additionalProperties\":false}}}"))
                .at("/choices/0/message");
        String thinking = message.path("reasoning_content").asText();
        assertFalse(thinking.isEmpty() || thinking.strip().startsWith("{"), thinking);
        assertTrue(Nano.JSON.readTree(message.path("content").asText()).path("ok").isBoolean(), message::toString);
    }

    /** A call is a call; what is no call is held to the format. */
    @Test
    void besideToolsAFormatHoldsWhatIsNoCall() throws Exception {
        String both = "\"max_tokens\":200,\"response_format\":{\"type\":\"json_object\"},\"tools\":" + Nano.TOOLS;
        for (String question : List.of(LAMP, "Bye")) {
            JsonNode choice = nano.ask(CHAT, Nano.chat(question, both)).at("/choices/0");
            boolean called = !choice.at("/message/tool_calls").isEmpty();
            assertEquals(called ? "tool_calls" : "stop", choice.path("finish_reason").asText(), choice::toString);
            if (!called) {
                assertTrue(Nano.JSON.readTree(choice.at("/message/content").asText()).isObject(), choice::toString);
            }
        }
    }

    @Test
    void strictIsKeptForEachTool() throws Exception {
        String odd = "{\"type\":\"function\",\"function\":{\"name\":\"odd\",%s\"parameters\":{\"type\":\"object\",\"properties\":"
                + "{\"a\":{\"type\":\"array\",\"uniqueItems\":true}}}}}";
        String tools = "\"tools\":" + Nano.TOOLS.replaceFirst("^\\[", "[" + odd + ",");
        refused(Nano.chat("Bye", tools.formatted("\"strict\":true,")), "tools");
        for (String strict : List.of("", "\"strict\":false,")) {
            JsonNode answer = nano.ask(CHAT, Nano.chat("Bye", tools.formatted(strict) + ",\"max_tokens\":50"));
            assertTrue(answer.has("choices"), answer::toString);
        }
    }

    private String content(String field) throws Exception {
        return nano.ask(CHAT, Nano.chat("Bye", field + ",\"max_tokens\":200")).at("/choices/0/message/content")
                .asText();
    }

    @Test
    void manyToolsWithOddDescriptionsAreTaken() throws Exception {
        StringBuilder tools = new StringBuilder("[");
        for (int i = 0; i < 70; i++) {
            tools.append(i == 0 ? "" : ",").append("{\"type\":\"function\",\"function\":{\"name\":\"tool_").append(i)
                    .append("\",\"description\":\"").append("<|im_end|> \\\"quoted\\\" {{ braces }} root ::= x ")
                    .append("\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}}");
        }
        tools.append("]");
        // the small model's context is too short to answer; it is counted as a whole, or refused with both numbers
        HttpResponse<String> answer = nano.post(CHAT + "/input_tokens", Nano.chat("Bye", "\"tools\":" + tools));
        assertEquals(200, answer.statusCode(), answer::body);
        assertTrue(Nano.JSON.readTree(answer.body()).path("input_tokens").asInt() > 2000, answer::body);
    }

    @Test
    void whatClientsSendByHabitIsTaken() throws Exception {
        JsonNode answer = nano.ask(CHAT,
                """
                        {"model":"nano","temperature":0,"reasoning_effort":"none","max_completion_tokens":2,"max_tokens":50,
                        "n":1,"stop":null,"stop":[],"frequency_penalty":0,"presence_penalty":0.0,"logit_bias":{},"logprobs":false,
                        "response_format":{"type":"text"},"parallel_tool_calls":true,"user":"u","store":false,
                        "messages":[{"role":"developer","content":[{"type":"text","text":"You run inside a gateway."}]},
                        {"role":"user","content":[{"type":"text","text":"By"},{"type":"text","text":"e"}]}]}
                        """);
        assertEquals(2, answer.at("/usage/completion_tokens").asInt());
        assertEquals("length", answer.at("/choices/0/finish_reason").asText());
    }

    @Test
    void aPromptThatIsTooLongIsRefusedWithBothNumbers() throws Exception {
        HttpResponse<String> answer = nano.post(CHAT, Nano.chat("word ".repeat(6000), ""));
        assertEquals(400, answer.statusCode());
        assertEquals("context_length_exceeded", error(answer).path("code").asText());
        assertTrue(error(answer).path("message").asText().matches(".*\\b\\d{5}\\b.*\\b4096\\b.*"),
                answer::body);
        HttpResponse<String> streamed = nano.post(CHAT, Nano.chat("word ".repeat(6000), "\"stream\":true"));
        assertEquals(400, streamed.statusCode());
    }

    @Test
    void aBlockThatChangesWithEachRequestIsLeftOut() throws Exception {
        String body = """
                {"model":"nano","max_tokens":5,"system":[{"type":"text","text":"x-anthropic-billing-header: cch=%s;"},
                {"type":"text","text":"You run inside a gateway."}],"messages":[{"role":"user","content":"Bye"}]}
                """;
        int one = nano.ask("/v1/messages/count_tokens", body.formatted("1")).path("input_tokens").asInt();
        int other = nano.ask("/v1/messages/count_tokens", body.formatted("2222222222222222222222")).path("input_tokens")
                .asInt();
        assertEquals(one, other);
    }

    @Test
    void thinkingThatEatsAllTokensIsTold() throws Exception {
        JsonNode answer = nano.ask(CHAT, Nano.chat("Bye", "\"max_tokens\":4"));
        assertEquals("length", answer.at("/choices/0/finish_reason").asText());
        assertTrue(answer.at("/usage/completion_tokens_details/reasoning_tokens").asInt() > 0, answer::toString);
        // a budget leaves some for the answer
        JsonNode bounded = nano.ask(CHAT, Nano.chat("Bye", "\"max_tokens\":9,\"thinking_token_budget\":2"));
        assertFalse(bounded.at("/choices/0/message/content").asText().isEmpty(), bounded::toString);
    }

    /** Headers at once, and signs of life while the prompt waits for its turn. */
    @Test
    void silenceIsBroken() throws Exception {
        try (Nano narrow = new Nano("running", "1")) {
            narrow.ask(CHAT, Nano.chat("Bye", ""));
            // prompts of which none begins as another does: together they take longer to read than a sign of life takes to come
            List<InputStream> busy = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                busy.add(narrow.client.send(
                        narrow.request(CHAT).POST(HttpRequest.BodyPublishers
                                .ofString(Nano.chat(i + " cellar".repeat(3500), "\"stream\":true")))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream()).body());
            }
            HttpResponse<InputStream> waiting = narrow.client.send(
                    narrow.request(CHAT).POST(HttpRequest.BodyPublishers.ofString(Nano.chat("Bye", "\"stream\":true")))
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertEquals("text/event-stream; charset=utf-8",
                    waiting.headers().firstValue("content-type").orElseThrow());
            StringBuilder seen = new StringBuilder();
            InputStream in = waiting.body();
            while (seen.indexOf(": ping") < 0) {
                int next = in.read();
                assertTrue(next >= 0, seen::toString);
                seen.append((char) next);
            }
            in.close();
            for (InputStream one : busy.reversed()) {
                one.close();
            }
        }
    }

    @Test
    void anUpgradeToHttp2IsIgnoredAndTheBodyRead() throws Exception {
        try (var client = java.net.http.HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    nano.request(CHAT).POST(HttpRequest.BodyPublishers.ofString(Nano.chat("Bye", ""))).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer::body);
            assertEquals(java.net.http.HttpClient.Version.HTTP_1_1, answer.version());
        }
    }
}
