/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import dev.millrace.plugin.mcp.runtime.OwnModels;
import dev.millrace.plugin.mcp.runtime.RuntimeOffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the runtime offers: the tools of the gateway, the model nano, and what it says of itself. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class RuntimeTest {

    @Test
    void toolsAndModelsOfTheRuntime() throws Exception {
        try (Millrace millrace = Millrace.start();
                OwnModels host = new OwnModels(millrace, List.of("nano"), ModelOptions.defaults())) {
            for (boolean stateless : new boolean[]{false, true}) {
                try (Wire wire = new Wire(new RuntimeOffer(host), stateless)) {
                    if (!stateless) {
                        wire.initialize();
                    }
                    tools(wire);
                    asks(wire);
                    resources(wire);
                }
            }
        }
    }

    private static void tools(Wire wire) throws Exception {
        List<String> names = new ArrayList<>();
        wire.result("tools/list", "ListToolsResult", "").path("tools")
                .forEach(tool -> names.add(tool.path("name").asText()));
        assertEquals("ask", names.getFirst());
        assertTrue(names.containsAll(List.of("set_device", "read_sensor", "get_alarms")), names::toString);
        assertEquals(names.stream().skip(1).sorted().toList(), names.stream().skip(1).toList());
        JsonNode set = wire.call("set_device", "{\"name\":\"kitchen_lamp\",\"state\":\"on\"}");
        assertFalse(set.path("isError").asBoolean(), set::toString);
        assertTrue(set.path("structuredContent").path("ok").asBoolean(), set::toString);
        // the client's model is told what would be right
        JsonNode wrong = wire.call("set_device", "{\"name\":7,\"colour\":\"red\"}");
        assertTrue(wrong.path("isError").asBoolean());
        assertEquals(
                "The arguments do not fit the tool set_device: 'state' is missing.",
                wrong.path("content").path(0).path("text").asText());
    }

    private static void asks(Wire wire) throws Exception {
        JsonNode answer = wire.call("ask", "{\"prompt\":\"Turn on the kitchen lamp.\"}");
        assertFalse(answer.path("isError").asBoolean(), answer::toString);
        assertTrue(answer.path("structuredContent").path("text").asText().contains("lamp"), answer::toString);
        assertEquals("stop", answer.path("structuredContent").path("finishReason").asText());
        assertEquals(2,
                wire.call("ask", "{\"prompt\":\"Bye\",\"maxTokens\":2,\"tools\":false}").path("structuredContent")
                        .path("completionTokens").asInt());
        assertTrue(wire.call("ask", "{\"prompt\":\"Bye\",\"maxTokens\":0}").path("isError").asBoolean());
        assertTrue(wire.call("ask", "{}").path("isError").asBoolean());
        assertTrue(wire.call("ask", "{\"prompt\":\"Bye\",\"model\":\"other\"}").path("isError").asBoolean());
    }

    private static void resources(Wire wire) throws Exception {
        for (String uri : List.of("millrace://models", "millrace://devices", "millrace://metrics",
                "millrace://models/nano")) {
            JsonNode content = wire.result("resources/read", "ReadResourceResult", "\"uri\":\"" + uri + "\"")
                    .path("contents").path(0);
            assertTrue(content.path("text").asText().contains(switch (uri) {
                case "millrace://devices" -> "cpu";
                case "millrace://metrics" -> "# TYPE millrace_";
                default -> "\"name\":\"nano\",\"open\":true";
            }), content::toString);
        }
        wire.error("resources/read", "\"uri\":\"millrace://models/other\"");
        assertEquals(List.of(), wire.told);
    }
}
