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
import java.util.concurrent.ConcurrentHashMap;

/** Lamps, their colours, and scenes. */
final class Lighting {

    private static final List<String> SCENES = List.of("reading", "film", "dinner", "cleaning", "night");

    private final Map<String, Object> lamps = new ConcurrentHashMap<>();
    private final Journal<Map<String, Object>> timers = new Journal<>();

    @ToolSpec(name = "set_brightness", value = "Dim or brighten the lamps of a room. To only switch a device on or off use set_device; for the colour use set_light_colour.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setBrightness(@Param("room, e.g. bedroom") String room,
            @Param("brightness in percent, 0 is dark") int percent) {
        lamps.put(Things.text("room", room), Things.within("Brightness", percent, 0, 100));
        return Map.of("room", room, "brightness", percent);
    }

    @ToolSpec(name = "set_light_colour", value = "Change the colour or the warmth of the light in a room, for example warm white or red. For how bright it is use set_brightness.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setLightColour(@Param("room") String room, @Param("colour, e.g. warm white") String colour) {
        lamps.put(Things.text("room", room) + " colour", Things.text("colour", colour));
        return Map.of("room", room, "colour", colour);
    }

    @ToolSpec(name = "activate_scene", value = "Start a lighting scene, a prepared mood of many lamps at once, for an occasion such as film or dinner. For one room use set_brightness.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> activateScene(@Param("scene: reading, film, dinner, cleaning, night") String scene) {
        lamps.put("scene", Things.known("scene", scene, SCENES));
        return Map.of("scene", scene, "lamps", 12);
    }

    @ToolSpec(name = "list_scenes", value = "List the lighting scenes that activate_scene can start.", hints = ToolHint.READ_ONLY)
    List<String> listScenes() {
        return SCENES;
    }

    @ToolSpec(name = "schedule_lights", value = "Turn lamps on and off at fixed times each day, for example at dusk. For other actions later use schedule.", hints = ToolHint.ACTING)
    Map<String, Object> scheduleLights(@Param("room") String room, @Param("time to turn on, e.g. 18:30") String on,
            @Param("time to turn off") String off) {
        Map<String, Object> timer = Map.of("room", room, "on", on, "off", off);
        timers.add(timer);
        return timer;
    }
}
