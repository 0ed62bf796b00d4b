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

/** The alarm system, cameras and the siren. */
final class Security {

    enum Mode {
        HOME, AWAY, NIGHT
    }

    private final int motion;
    private volatile String state = "disarmed";

    Security(SplittableRandom random) {
        motion = random.nextInt(1, 60);
    }

    @ToolSpec(name = "arm_security", value = "Arm the burglar alarm to guard the house when people leave, travel or go to bed. To only lock a door use lock_door.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> armSecurity(@Param("home, away or night") Mode mode) {
        state = mode.name().toLowerCase(java.util.Locale.ROOT);
        return Map.of("state", state);
    }

    @ToolSpec(name = "disarm_security", value = "Disarm the burglar alarm when somebody comes home, or after a false alarm. For alarms of sensors use acknowledge_alarm.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> disarmSecurity(@Param("code of four digits") String code) {
        if (!code.matches("\\d{4}")) {
            throw new IllegalArgumentException("The code has four digits.");
        }
        state = "disarmed";
        return Map.of("state", state);
    }

    @ToolSpec(name = "take_snapshot", value = "Take a picture with a camera, to see what is there now. For what happened before use list_motion_events.", hints = ToolHint.READ_ONLY)
    Map<String, Object> takeSnapshot(@Param("camera, e.g. driveway") String camera) {
        return Map.of("camera", Things.text("camera", camera), "file", "snapshots/" + camera + ".jpg");
    }

    @ToolSpec(name = "list_motion_events", value = "List when cameras and detectors saw something move: people, animals, intruders. For badges at doors use list_entries.", hints = ToolHint.READ_ONLY)
    List<Map<String, Object>> listMotionEvents(@Param("hours back from now") int hours) {
        Things.within("hours", hours, 1, 168);
        return List.of(Map.of("camera", "driveway", "minutes_ago", motion),
                Map.of("camera", "yard", "minutes_ago", motion + 7));
    }

    @ToolSpec(name = "sound_siren", value = "Sound the siren, loudly, to warn everybody or scare somebody off.", hints = ToolHint.ACTING)
    Map<String, Object> soundSiren(@Param("how long, 1 to 300") int seconds) {
        return Map.of("seconds", Things.within("seconds", seconds, 1, 300));
    }
}
