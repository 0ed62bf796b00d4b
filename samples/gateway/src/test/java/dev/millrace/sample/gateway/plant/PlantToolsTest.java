/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolProvider;
import dev.millrace.sample.gateway.GatewayTools;
import dev.millrace.tck.ToolProviderContract;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The contract of all tool providers, and what is simulated. */
final class PlantToolsTest extends ToolProviderContract {

    private final PlantTools tools = new PlantTools(1);

    @Override
    protected ToolProvider provider() {
        return tools;
    }

    private static ToolCall call(String name, Map<String, @Nullable Object> arguments) {
        return new ToolCall("1", name, arguments);
    }

    @Override
    protected List<ToolCall> calls() {
        return List.of(
                call("set_brightness", Map.of("room", "hall", "percent", 30L)),
                call("set_light_colour", Map.of("room", "hall", "colour", "red")),
                call("activate_scene", Map.of("scene", "film")),
                call("list_scenes", Map.of()),
                call("schedule_lights", Map.of("room", "garden", "on", "18:30", "off", "23:00")),
                call("lock_door", Map.of("door", "back")),
                call("unlock_door", Map.of("door", "front")),
                call("door_states", Map.of()),
                call("issue_badge", Map.of("person", "Tom")),
                call("revoke_badge", Map.of("badge", "B100")),
                call("list_entries", Map.of()),
                call("arm_security", Map.of("mode", "away")),
                call("disarm_security", Map.of("code", "4711")),
                call("take_snapshot", Map.of("camera", "yard")),
                call("list_motion_events", Map.of("hours", 3L)),
                call("sound_siren", Map.of("seconds", 10L)),
                call("energy_usage", Map.of("period", "month")),
                call("solar_output", Map.of()),
                call("battery_state", Map.of()),
                call("set_charge_limit", Map.of("percent", 80L)),
                call("energy_price", Map.of("hour", 14L)),
                call("set_fan_speed", Map.of("room", "bathroom", "level", 4L)),
                call("air_quality", Map.of("room", "nursery")),
                call("set_blind_position", Map.of("room", "office", "percent", 50L)),
                call("run_air_purge", Map.of("room", "workshop", "minutes", 10L)),
                call("start_irrigation", Map.of("zone", "lawn", "minutes", 20L)),
                call("stop_irrigation", Map.of("zone", "lawn")),
                call("tank_level", Map.of("tank", "rain")),
                call("set_valve_position", Map.of("valve", "V12", "percent", 40L)),
                call("find_leaks", Map.of()),
                call("start_machine", Map.of("machine", "press_1")),
                call("stop_machine", Map.of("machine", "packer")),
                call("machine_status", Map.of("machine", "mill")),
                call("set_conveyor_speed", Map.of("speed", 50L)),
                call("emergency_stop", Map.of("reason", "fire")),
                call("production_count", Map.of("shift", "early")),
                call("create_work_order", Map.of("asset", "pump 3", "work", "repair")),
                call("list_work_orders", Map.of()),
                call("close_work_order", Map.of("number", 500L)),
                call("service_history", Map.of("asset", "lathe")),
                call("next_inspection", Map.of("asset", "boiler")),
                call("stock_level", Map.of("part", "seal")),
                call("reorder_part", Map.of("part", "fuse", "count", 50L)),
                call("find_part", Map.of("part", "seal")),
                call("take_stock", Map.of("part", "belt", "count", 2L)),
                call("list_low_stock", Map.of()),
                call("list_network_clients", Map.of()),
                call("ping_host", Map.of("host", "tablet")),
                call("restart_router", Map.of()),
                call("bandwidth_usage", Map.of()),
                call("block_client", Map.of("client", "phone")),
                call("query_history", Map.of("sensor", "attic temperature", "hours", 12L)),
                call("export_report", Map.of("subject", "water", "format", "csv")),
                call("compare_periods", Map.of("subject", "water", "first", "this week", "second", "last week")),
                call("detect_anomalies", Map.of("hours", 24L)),
                call("send_mail", Map.of("to", "lisa@example.org", "subject", "Hello", "body", "It is here.")),
                call("send_text_message", Map.of("number", "+491701234567", "text", "late")),
                call("who_is_on_duty", Map.of()),
                call("page_technician", Map.of("place", "pump house", "reason", "leak")));
    }

    private static Object ask(ToolProvider provider, String name, Map<String, @Nullable Object> arguments)
            throws Exception {
        for (Tool tool : provider.tools()) {
            if (tool.definition().name().equals(name)) {
                return String.valueOf(tool.call(call(name, arguments)).value());
            }
        }
        throw new AssertionError("no tool " + name);
    }

    @Test
    void thereAre67ToolsTogetherWithThoseOfTheGateway() {
        List<Tool> all = new ArrayList<>(tools.tools());
        all.addAll(new GatewayTools().tools());
        Set<String> names = new HashSet<>();
        all.forEach(tool -> assertTrue(names.add(tool.definition().name()), tool.definition()::name));
        assertEquals(67, names.size());
    }

    @Test
    void theSameSeedGivesTheSameHouse() {
        for (ToolCall call : calls()) {
            List<Object> answers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                try {
                    answers.add(ask(new PlantTools(7), call.name(), call.arguments()));
                } catch (Exception e) {
                    throw new AssertionError(call.name(), e);
                }
            }
            assertEquals(answers.getFirst(), answers.getLast(), call.name());
        }
    }

    @Test
    void eachToolSaysWhatItDoesAndWhatOnlyLooksChangesNothing() throws Exception {
        Map<String, Set<ToolHint>> hints = new HashMap<>();
        tools.tools().forEach(tool -> hints.put(tool.definition().name(), tool.definition().hints()));
        List<ToolCall> looking = calls().stream()
                .filter(call -> hints.getOrDefault(call.name(), Set.of()).contains(ToolHint.READ_ONLY)).toList();
        assertEquals(27, looking.size());
        hints.forEach((name, own) -> assertTrue(
                own.contains(ToolHint.READ_ONLY) != own.contains(ToolHint.ACTING), name + " " + own));
        List<List<Object>> rounds = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            List<Object> answers = new ArrayList<>();
            for (ToolCall call : looking) {
                answers.add(ask(tools, call.name(), call.arguments()));
            }
            rounds.add(answers);
        }
        assertEquals(rounds.getFirst(), rounds.getLast());
    }

    @Test
    void whatIsDoneIsRemembered() throws Exception {
        ask(tools, "unlock_door", Map.of("door", "back"));
        assertTrue(ask(tools, "door_states", Map.of()).toString().contains("back=false"));
        ask(tools, "lock_door", Map.of("door", "back"));
        assertTrue(ask(tools, "door_states", Map.of()).toString().contains("back=true"));
        ask(tools, "create_work_order", Map.of("asset", "pump 3", "work", "new seal"));
        assertTrue(ask(tools, "list_work_orders", Map.of()).toString().contains("new seal"));
        ask(tools, "close_work_order", Map.of("number", 500L));
        assertFalse(ask(tools, "list_work_orders", Map.of()).toString().contains("replace the belt"));
        ask(tools, "emergency_stop", Map.of("reason", "fire"));
        assertTrue(ask(tools, "machine_status", Map.of("machine", "mill")).toString().contains("stopped"));
    }

    @Test
    void whatIsWrongIsSaid() {
        Exception e = assertThrows(IllegalArgumentException.class,
                () -> ask(tools, "lock_door", Map.of("door", "cat flap")));
        assertEquals("There is no door cat flap: there are front, back, garage, server_room, loading_dock, plant_room.",
                e.getMessage());
    }
}
