/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import dev.millrace.api.Param;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolSpec;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** Air and blinds. */
final class Ventilation {

    private final int co2;
    private final Map<String, Integer> positions = new ConcurrentHashMap<>();

    Ventilation(SplittableRandom random) {
        co2 = random.nextInt(400, 1800);
    }

    @ToolSpec(name = "set_fan_speed", value = "Set how fast the ventilation fan of a room turns, against moisture and heat. To only switch a fan on or off use set_device.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setFanSpeed(@Param("room") String room, @Param("level, 0 is off, 5 the fastest") int level) {
        positions.put("fan " + Things.text("room", room), Things.within("level", level, 0, 5));
        return Map.of("room", room, "level", level);
    }

    @ToolSpec(name = "air_quality", value = "Tell how good the air of a room is: carbon dioxide, dust and pollen in one verdict, whether it is stuffy.", hints = ToolHint.READ_ONLY)
    Map<String, Object> airQuality(@Param("room") String room) {
        return Map.of("room", Things.text("room", room), "co2_ppm", co2, "verdict", co2 > 1000 ? "stuffy" : "good");
    }

    @ToolSpec(name = "set_blind_position", value = "Raise, lower or half close the blinds or shutters of a window, for more or less daylight.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setBlindPosition(@Param("room") String room,
            @Param("how far closed; 0 is open, 100 shut") int percent) {
        positions.put("blind " + Things.text("room", room), Things.within("percent", percent, 0, 100));
        return Map.of("room", room, "closed", percent);
    }

    @ToolSpec(name = "run_air_purge", value = "Blow all air out of a room quickly, for example after smoke, paint fumes or bad smells. For steady ventilation use set_fan_speed.", hints = ToolHint.ACTING)
    Map<String, Object> runAirPurge(@Param("room") String room, @Param("how long, 1 to 60") int minutes) {
        return Map.of("room", Things.text("room", room), "minutes", Things.within("minutes", minutes, 1, 60));
    }
}
