/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.server.StreamConversation;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The server over lines, in both revisions. Each of its messages is held against the official schema. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StreamServerTest {

    private static void everyMethod(Wire wire, boolean stateless) throws IOException {
        assertTrue(wire.result("tools/list", "ListToolsResult", "").path("tools").size() > 10);
        assertEquals(3, wire.result("resources/list", "ListResourcesResult", "").path("resources").size());
        wire.result("resources/templates/list", "ListResourceTemplatesResult", "");
        wire.result("prompts/list", "ListPromptsResult", "");
        for (String uri : List.of("test://static-text", "test://static-binary", "test://template/7/data")) {
            assertEquals(uri, wire.result("resources/read", "ReadResourceResult", "\"uri\":\"" + uri + "\"")
                    .path("contents").path(0).path("uri").asText());
        }
        wire.result("prompts/get", "GetPromptResult", "\"name\":\"test_prompt_with_image\"");
        assertEquals(2, wire.result("completion/complete", "CompleteResult",
                "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"test_prompt_with_arguments\"},"
                        + "\"argument\":{\"name\":\"arg1\",\"value\":\"par\"}")
                .path("completion").path("values").size() - 1);
        for (String tool : List.of("test_simple_text", "test_image_content", "test_audio_content",
                "test_embedded_resource", "test_multiple_content_types", "test_tool_with_logging",
                "test_error_handling")) {
            assertEquals(tool.equals("test_error_handling"), wire.call(tool, "{}").path("isError").asBoolean());
        }
        int missing = wire.error("resources/read", "\"uri\":\"test://none\"").path("code").asInt();
        assertEquals(stateless ? -32602 : -32002, missing);
        assertEquals(-32602, wire.error("tools/call", "\"name\":\"none\"").path("code").asInt());
        assertEquals(-32602, wire.error("tools/call", "\"name\":\"test_simple_text\",\"arguments\":[]").path("code")
                .asInt());
        assertEquals(-32602, wire.error("tools/list", "\"cursor\":\"mine\"").path("code").asInt());
        assertEquals(-32603, wire.error("prompts/get", "\"name\":\"test_broken_prompt\"").path("code").asInt());
        assertEquals(-32601, wire.error("tools/fly", "").path("code").asInt());
    }

    @Test
    void withAHandshake() throws Exception {
        try (Wire wire = new Wire(new Fixture(), false)) {
            assertEquals("Send initialize first", wire.error("tools/list", "").path("message").asText()
                    .substring(0, "Send initialize first".length()));
            assertEquals("2025-11-25", wire.initialize().path("protocolVersion").asText());
            assertEquals(-32600, wire.error("initialize", "\"protocolVersion\":\"2025-11-25\"").path("code").asInt());
            wire.result("ping", "EmptyResult", "");
            everyMethod(wire, false);
            wire.told.clear();
            wire.result("logging/setLevel", "EmptyResult", "\"level\":\"error\"");
            wire.call("test_tool_with_logging", "{}");
            assertEquals(List.of(), wire.told);
        }
    }

    @Test
    void withoutOne() throws Exception {
        try (Wire wire = new Wire(new Fixture(), true)) {
            JsonNode found = wire.result("server/discover", "DiscoverResult", "");
            assertEquals("2026-07-28", found.path("supportedVersions").path(0).asText());
            everyMethod(wire, true);
            assertEquals(-32601, wire.error("ping", "").path("code").asInt());
            // a log level is asked for by each request itself
            assertEquals(List.of(), wire.told);
            wire.raw("{\"jsonrpc\":\"2.0\",\"id\":900,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
                    + "\"io.modelcontextprotocol/protocolVersion\":\"1900-01-01\","
                    + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}");
            JsonNode refused = wire.answer(900);
            assertEquals(-32022, refused.path("error").path("code").asInt());
            assertEquals(5, refused.path("error").path("data").path("supported").size());
        }
    }

    @Test
    void bothOnOneWay() throws Exception {
        try (Wire wire = new Wire(new Fixture(), false)) {
            wire.initialize();
            wire.raw(
                    "{\"jsonrpc\":\"2.0\",\"id\":\"s\",\"method\":\"server/discover\",\"params\":{" + Wire.META + "}}");
            assertEquals("complete", wire.next().path("result").path("resultType").asText());
        }
    }

    /** Exponents of twenty digits are JSON, and no number of this language. */
    @Test
    void numbersThatNobodyCanHoldAreAnErrorAndNoEnd() throws Exception {
        try (Wire wire = new Wire(new Fixture(), false)) {
            wire.initialize();
            for (String number : List.of("1e99999999999999999999", "-1E-99999999999999999999",
                    "9999999999E2147483647")) {
                wire.raw("{\"jsonrpc\":\"2.0\",\"id\":700,\"method\":\"ping\",\"params\":{\"x\":" + number + "}}");
                JsonNode answer = wire.next();
                assertTrue(answer.path("error").path("code").asInt() == -32700 || answer.has("result"),
                        answer::toString);
            }
            wire.result("ping", "EmptyResult", "");
        }
    }

    @Test
    void theClientIsAskedInASession() throws Exception {
        try (Wire wire = new Wire(new Fixture(), false)) {
            wire.initialize();
            int id = wire.send("tools/call", "\"name\":\"test_two_questions\"");
            for (String name : List.of("Ada", "London")) {
                JsonNode question = wire.next();
                assertEquals("elicitation/create", question.path("method").asText());
                ObjectNode answer = Wire.JSON.createObjectNode().put("action", "accept");
                answer.putObject("content").put("answer", name);
                wire.respond(question, answer);
            }
            assertEquals("{\"answer\":\"Ada\"} {\"answer\":\"London\"}",
                    wire.answer(id).path("result").path("content").path(0).path("text").asText());
        }
    }

    @Test
    void theClientIsAskedByRoundTrips() throws Exception {
        try (Wire wire = new Wire(new Fixture(), true)) {
            String call = "\"name\":\"test_two_questions\",\"arguments\":{}";
            JsonNode first = wire.result("tools/call", "InputRequiredResult", call);
            assertTrue(first.path("inputRequests").has("first"));
            String answered = call
                    + ",\"inputResponses\":{\"first\":{\"action\":\"accept\",\"content\":{\"answer\":\"Ada\"}}},"
                    + "\"requestState\":" + first.path("requestState");
            JsonNode second = wire.result("tools/call", "InputRequiredResult", answered);
            assertTrue(second.path("inputRequests").has("second"));
            assertNotEquals(first.path("requestState"), second.path("requestState"));
            JsonNode end = wire.result("tools/call", "CallToolResult",
                    call + ",\"inputResponses\":{\"second\":{\"action\":\"accept\",\"content\":{\"answer\":\"London\"}}},"
                            + "\"requestState\":" + second.path("requestState"));
            assertEquals("{\"answer\":\"Ada\"} {\"answer\":\"London\"}",
                    end.path("content").path(0).path("text").asText());
            // a state belongs to its request and to nobody else's
            for (String state : List.of("\"bm9uZQ\"", "\"\"", "7", "\"!\"")) {
                assertEquals(-32602,
                        wire.error("tools/call", call + ",\"requestState\":" + state).path("code").asInt());
            }
            assertEquals(-32602, wire.error("tools/call", "\"name\":\"test_simple_text\",\"requestState\":"
                    + second.path("requestState")).path("code").asInt());
        }
    }

    @Test
    void whatIsCancelledIsNotAnswered() throws Exception {
        try (Wire wire = new Wire(new Fixture(), false)) {
            wire.initialize();
            int slow = wire.send("tools/call", "\"name\":\"slow\"");
            wire.raw("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":" + slow
                    + "}}");
            wire.result("ping", "EmptyResult", "");
            assertEquals(List.of(), wire.told);
        }
    }

    @Test
    void whatRunsEndsWithTheInput() throws Exception {
        Wire wire = new Wire(new Fixture(), false);
        wire.initialize();
        for (int i = 0; i < 70; i++) {
            wire.send("tools/call", "\"name\":\"slow\"");
        }
        wire.close();
        assertFalse(wire.isServing());
    }

    @Test
    void changesAreTold() throws Exception {
        Fixture fixture = new Fixture();
        try (Wire wire = new Wire(fixture, false)) {
            wire.initialize();
            wire.result("resources/subscribe", "EmptyResult", "\"uri\":\"test://watched-resource\"");
            // two looks: the subscription is seen by the first
            fixture.changes.incrementAndGet();
            assertEquals("notifications/tools/list_changed", wire.next().path("method").asText());
            fixture.changes.incrementAndGet();
            List<String> next = List.of(wire.next().path("method").asText(), wire.next().path("method").asText());
            assertTrue(next.contains("notifications/resources/updated"), next::toString);
        }
    }

    @Test
    void changesAreToldToThoseWhoListen() throws Exception {
        Fixture fixture = new Fixture();
        try (Wire wire = new Wire(fixture, true)) {
            int listen = wire.send("subscriptions/listen",
                    "\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"test://watched-resource\"]}");
            assertEquals("notifications/subscriptions/acknowledged", wire.next().path("method").asText());
            fixture.changes.incrementAndGet();
            for (int i = 0; i < 2; i++) {
                JsonNode news = wire.next();
                assertEquals(listen,
                        news.path("params").path("_meta").path("io.modelcontextprotocol/subscriptionId").asInt(),
                        news::toString);
            }
        }
    }

    @Test
    void noiseIsAnsweredAndForgotten() throws Exception {
        try (Wire wire = new Wire(new Fixture(), false)) {
            wire.initialize();
            for (String noise : List.of("hello", "[]", "7", "{}", "{\"jsonrpc\":\"2.0\"}", "null", "{\"a\":1,\"a\":2}",
                    "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                    "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}",
                    "[".repeat(100_000))) {
                wire.raw(noise);
                assertTrue(wire.next().has("error"), noise);
            }
            wire.raw(new byte[]{'"', (byte) 0xff, (byte) 0xfe, '"', '\n'});
            assertTrue(wire.next().path("error").path("message").asText().contains("UTF-8"));
            byte[] longest = new byte[StreamConversation.LONGEST + 2];
            Arrays.fill(longest, (byte) 'a');
            longest[longest.length - 1] = '\n';
            wire.raw(longest);
            assertTrue(wire.next().path("error").path("message").asText().contains("longer"));
            wire.raw("\n\r\n   \n");
            wire.result("ping", "EmptyResult", "");
        }
    }
}
