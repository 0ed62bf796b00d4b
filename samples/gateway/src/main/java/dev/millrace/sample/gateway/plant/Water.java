/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import dev.millrace.api.Param;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolSpec;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** Tanks, valves and the garden. */
final class Water {

    private static final List<String> TANKS = List.of("rain", "hot", "process", "sewage");

    private final Map<String, Integer> levels = new ConcurrentHashMap<>();
    private final Map<String, Integer> valves = new ConcurrentHashMap<>();

    Water(SplittableRandom random) {
        TANKS.forEach(tank -> levels.put(tank, random.nextInt(5, 100)));
    }

    @ToolSpec(name = "start_irrigation", value = "Water the garden, the lawn, flowers or plants of a zone for some minutes (sprinklers), when they are dry.", hints = ToolHint.ACTING)
    Map<String, Object> startIrrigation(@Param("zone, e.g. lawn") String zone,
            @Param("how long, 1 to 120") int minutes) {
        return Map.of("zone", Things.text("zone", zone), "minutes", Things.within("minutes", minutes, 1, 120));
    }

    @ToolSpec(name = "stop_irrigation", value = "Stop watering the garden, for example because it rains or the ground is wet.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> stopIrrigation(@Param("zone") String zone) {
        return Map.of("zone", Things.text("zone", zone), "watering", false);
    }

    @ToolSpec(name = "tank_level", value = "Tell how full a water tank is. For other sensors use read_sensor.", hints = ToolHint.READ_ONLY)
    Map<String, Object> tankLevel(@Param("tank: rain, hot, process, sewage") String tank) {
        return Map.of("tank", Things.known("tank", tank, TANKS), "percent", levels.getOrDefault(tank, 0));
    }

    @ToolSpec(name = "set_valve_position", value = "Open or close a valve by percent, to change how much flows. Fully on or off also by set_device.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setValvePosition(@Param("valve, e.g. V12") String valve,
            @Param("how far open, 0 to 100") int percent) {
        valves.put(Things.text("valve", valve), Things.within("percent", percent, 0, 100));
        return Map.of("valve", valve, "open", percent);
    }

    @ToolSpec(name = "find_leaks", value = "Look for leaks: pipes that lose or drip water, unexpected flow, puddles.", hints = ToolHint.READ_ONLY)
    List<Map<String, Object>> findLeaks() {
        return List.of(Map.of("pipe", "P" + levels.getOrDefault("rain", 0), "litres_per_hour", 4));
    }
}
