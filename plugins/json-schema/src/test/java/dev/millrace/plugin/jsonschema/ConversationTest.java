/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A conversation on a plain class path, where the guard is found by itself. */
class ConversationTest {

    /** A tool that the nano model knows, with a rule for the state. */
    private record Switch(Map<String, @Nullable Object> state, List<String> switched) implements Tool {

        @Override
        public ToolDefinition definition() {
            return new ToolDefinition("set_device", "Switch a device on or off.", Map.of("type", "object", "properties",
                    Map.of("name", Map.of("type", "string"), "state", state), "required", List.of("name", "state")));
        }

        @Override
        public ToolResult call(ToolCall call) {
            switched.add(call.arguments().get("name") + " " + call.arguments().get("state"));
            return ToolResult.of(Map.of("ok", true));
        }
    }

    private static List<Event> events(Switch tool) {
        ToolProvider provider = () -> List.of(tool);
        List<Event> events = new ArrayList<>();
        try (Millrace millrace = Millrace.start();
                Model model = millrace.open("nano");
                Conversation conversation = model.conversation().tools(provider).strict(false)
                        .sampling(model.defaults().withTemperature(0)).start();
                Generation generation = conversation.send("Turn on the kitchen lamp.")) {
            generation.forEach(events::add);
        }
        return events;
    }

    private static Map<String, @Nullable Object> rule(String keyword) {
        return switch (keyword) {
            case "pattern" -> Map.of("type", "string", "pattern", "^off$");
            case "maxLength" -> Map.of("type", "string", "maxLength", 1L);
            default -> Map.of("oneOf", List.of(Map.of("const", "off"), Map.of("type", "integer", "minimum", 1L)));
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"pattern", "maxLength", "oneOf"})
    void whatBreaksTheSchemaIsAnErrorForTheModel(String keyword) {
        List<String> switched = new ArrayList<>();
        List<Event> events = events(new Switch(rule(keyword), switched));
        List<ToolResult> results = events.stream().filter(Event.ToolAnswered.class::isInstance)
                .map(event -> ((Event.ToolAnswered) event).result()).toList();
        assertTrue(!results.isEmpty(), events::toString);
        assertTrue(results.getFirst().error(), events::toString);
        String told = String.valueOf(results.getFirst().value());
        assertTrue(told.startsWith("The arguments do not fit the tool set_device: 'state' "), told);
        assertTrue(events.getLast() instanceof Event.Finished, events::toString);
        assertEquals(List.of(), switched);
    }

    @ParameterizedTest
    @ValueSource(strings = "^on$")
    void whatKeepsItRuns(String pattern) {
        List<String> switched = new ArrayList<>();
        events(new Switch(Map.of("type", "string", "pattern", pattern), switched));
        assertEquals(List.of("kitchen_lamp on"), switched);
    }
}
