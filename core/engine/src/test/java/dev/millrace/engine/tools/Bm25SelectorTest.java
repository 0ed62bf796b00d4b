/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Message;
import dev.millrace.api.ToolDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class Bm25SelectorTest {

    private static ToolDefinition tool(String name, String description, Map<String, @Nullable Object> parameters) {
        return new ToolDefinition(name, description, parameters);
    }

    private static final List<ToolDefinition> TOOLS = List.of(
            tool("listAlarms", "What needs attention.", Map.of()),
            tool("set.valve", "Opens or closes.", Map.of("type", "object", "properties",
                    Map.of("target", Map.of("type", "string", "enum", List.of("boiler", "tank"))))),
            tool("note", "Keeps a text for later.", Map.of("type", "object", "properties",
                    Map.of("items", Map.of("type", "array", "items",
                            Map.of("type", "string", "description", "a line of a shopping list"))))));

    private static String best(String... questions) {
        return new Bm25Selector().rank(TOOLS, List.of(questions).stream().map(Message::user).toList()).getFirst()
                .name();
    }

    @Test
    void comparesNamesDescriptionsAndParameters() {
        assertEquals("listAlarms", best("Is there an ALARM?"));
        assertEquals("set.valve", best("closing it"));
        assertEquals("set.valve", best("what about the boilers"));
        assertEquals("note", best("shopping"));
    }

    @Test
    void oneSelectorForToolsThatComeAndGo() {
        Bm25Selector selector = new Bm25Selector();
        List<Message> ask = List.of(Message.user("Is there an alarm?"));
        assertEquals("listAlarms", selector.rank(TOOLS, ask).getFirst().name());
        assertEquals("set.valve", selector.rank(TOOLS.subList(1, 3), ask).getFirst().name());
        ToolDefinition other = tool("note", "Tells of an alarm.", Map.of());
        assertEquals("note", selector.rank(List.of(TOOLS.get(1), other), ask).getFirst().name());
        assertEquals("listAlarms", selector.rank(TOOLS, ask).getFirst().name());
    }

    @Test
    void relatedWordsFindEachOther() {
        List<ToolDefinition> tools = List.of(tool("a", "Counts.", Map.of()),
                tool("irrigate", "Irrigates the lawn.", Map.of()));
        assertEquals("a", Bm25Selector.ofWords().rank(tools, List.of(Message.user("irrigation"))).getFirst().name());
        assertEquals("irrigate", new Bm25Selector().rank(tools, List.of(Message.user("irrigation"))).getFirst().name());
    }

    @Test
    void theQuestionBeforeCountsALittle() {
        assertEquals("set.valve", best("Open the valve.", "And in the attic?"));
        assertEquals("note", best("Open the valve.", "Note it."));
    }

    @Test
    void keepsTheOrderOfEqualsAndAllTools() {
        assertEquals(TOOLS, new Bm25Selector().rank(TOOLS, List.of(Message.user("xyzzy"))));
        assertEquals(TOOLS, new Bm25Selector().rank(TOOLS, List.of()));
        assertEquals(List.of(), new Bm25Selector().rank(List.of(), List.of(Message.user("alarm"))));
    }

    @Test
    void aSchemaWithoutEndAndAVeryLongQuestionDoNoHarm() {
        Map<String, @Nullable Object> endless = new HashMap<>();
        endless.put("not", Map.of("type", "string"));
        for (int i = 0; i < 10_000; i++) {
            Map<String, @Nullable Object> outer = new HashMap<>();
            outer.put("not", endless);
            outer.put("enum", null);
            endless = outer;
        }
        List<ToolDefinition> tools = List.of(tool("a", "", endless), tool("alarm", "", Map.of()));
        assertEquals("alarm", new Bm25Selector().rank(tools, List.of(Message.user("alarm ".repeat(1_000_000))))
                .getFirst().name());
    }

    @Test
    void wrongNamesLeadToRightOnes() {
        List<String> names = List.of("list_devices", "list_alarms", "set_device", "publish");
        assertEquals("list_devices", NearestNames.of("listDevices", names).getFirst());
        assertEquals("list_devices", NearestNames.of("list_device", names).getFirst());
        assertEquals("set_device", NearestNames.of("device_set", names).getFirst());
        assertEquals("publish", NearestNames.of("Publlish", names).getFirst());
        assertEquals(List.of(), NearestNames.of("zzz", names));
        assertEquals(List.of(), NearestNames.of("", names));
        assertTrue(NearestNames.of("x".repeat(1 << 20), names).isEmpty());
    }
}
