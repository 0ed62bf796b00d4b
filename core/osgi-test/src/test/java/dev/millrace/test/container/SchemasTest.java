/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import dev.millrace.test.House;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;

/** The guard that checks arguments against the tool's whole schema is found, and its library can be loaded. */
@ExtendWith(ServiceExtension.class)
class SchemasTest {

    private static final ToolDefinition DEFINITION = new ToolDefinition("set_device", "Switch a device on or off.",
            Map.of("type", "object", "properties", Map.of("name", Map.of("type", "string"), "state",
                    Map.of("oneOf", List.of(Map.of("pattern", "^off$"), Map.of("minimum", 1L, "type", "number"))))));

    private static Optional<String> refusal(ToolGuard guard, ToolDefinition tool, ToolCall call)
            throws InterruptedException {
        return guard.decide(new ToolRequest(tool, call)) instanceof ToolDecision.Refuse refused
                ? Optional.of(refused.reason())
                : Optional.empty();
    }

    @Test
    void theLibraryJudges(
            @InjectService(filter = "(component.name=dev.millrace.plugin.jsonschema.SchemaGuard)", timeout = 10_000) ToolGuard guard)
            throws InterruptedException {
        assertEquals(Optional.empty(),
                refusal(guard, DEFINITION, new ToolCall("1", "set_device", Map.of("state", "off"))));
        assertTrue(refusal(guard, DEFINITION, new ToolCall("2", "set_device", Map.of("state", "on"))).orElse("")
                .startsWith("The arguments do not fit the tool set_device: 'state' "));
        ToolDefinition old = new ToolDefinition("old", "", Map.of("$schema", "http://json-schema.org/draft-07/schema#",
                "if", Map.of("required", List.of("a")), "then", Map.of("required", List.of("b"))));
        assertEquals(Optional.empty(), refusal(guard, old, new ToolCall("3", "old", Map.of())));
        assertTrue(refusal(guard, old, new ToolCall("4", "old", Map.of("a", 1L))).isPresent());
    }

    @Test
    void theModelIsToldWhatDoesNotFit(@InjectService(timeout = 10_000) Millrace millrace) {
        Tool tool = new Tool() {
            @Override
            public ToolDefinition definition() {
                return DEFINITION;
            }

            @Override
            public ToolResult call(ToolCall call) {
                throw new AssertionError("The tool ran: " + call);
            }
        };
        ToolProvider provider = () -> List.of(tool);
        List<ToolResult> results = new ArrayList<>();
        try (Model model = millrace.open("nano", House.MODEL_OPTIONS);
                Generation generation = model.conversation().tools(provider).strict(false)
                        .sampling(model.defaults().withTemperature(0)).start().send("Turn on the kitchen lamp.")) {
            for (Event event : generation) {
                if (event instanceof Event.ToolAnswered answered) {
                    results.add(answered.result());
                }
            }
        }
        assertTrue(results.getFirst().error(), results::toString);
        assertTrue(String.valueOf(results.getFirst().value()).contains("'state' "), results::toString);
    }
}
