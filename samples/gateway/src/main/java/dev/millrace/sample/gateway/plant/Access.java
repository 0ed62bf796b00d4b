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

/** Doors and badges. */
final class Access {

    private static final List<String> DOORS = List.of("front", "back", "garage", "server_room", "loading_dock",
            "plant_room");

    private final Map<String, Boolean> locked = new ConcurrentHashMap<>();
    private final Map<String, String> badges = new ConcurrentHashMap<>();
    private final List<Map<String, Object>> entries;

    Access(SplittableRandom random) {
        DOORS.forEach(door -> locked.put(door, random.nextBoolean()));
        badges.put("B100", "Ada");
        entries = List.of(Map.of("door", "front", "badge", "B100", "hour", random.nextInt(6, 10)),
                Map.of("door", "server_room", "badge", "B100", "hour", random.nextInt(10, 18)));
    }

    @ToolSpec(name = "lock_door", value = "Lock a door, so that nobody can enter. To see which are locked use door_states; for the burglar alarm use arm_security.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> lockDoor(
            @Param("door: front, back, garage, server_room, loading_dock, plant_room") String door) {
        locked.put(Things.known("door", door, DOORS), true);
        return Map.of("door", door, "locked", true);
    }

    @ToolSpec(name = "unlock_door", value = "Unlock a door, so that somebody can come in. For a key of their own use issue_badge.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> unlockDoor(
            @Param("door: front, back, garage, server_room, loading_dock, plant_room") String door) {
        locked.put(Things.known("door", door, DOORS), false);
        return Map.of("door", door, "locked", false);
    }

    @ToolSpec(name = "door_states", value = "Tell which doors are locked and which are open now. For who came through them use list_entries.", hints = ToolHint.READ_ONLY)
    Map<String, Boolean> doorStates() {
        return new java.util.TreeMap<>(locked);
    }

    @ToolSpec(name = "issue_badge", value = "Give a person a new badge (key card) for the doors, for example an employee who starts. To let somebody in once use unlock_door.", hints = ToolHint.ACTING)
    Map<String, Object> issueBadge(@Param("who gets it") String person) {
        String badge = "B" + (100 + badges.size());
        badges.put(badge, Things.text("person", person));
        return Map.of("badge", badge, "person", person);
    }

    @ToolSpec(name = "revoke_badge", value = "Make a badge (key card) invalid, for example one that was lost or stolen. To give one use issue_badge.", hints = ToolHint.DESTRUCTIVE)
    Map<String, Object> revokeBadge(@Param("number, e.g. B100") String badge) {
        return Map.of("badge", badge, "valid", false, "was_valid", badges.remove(badge) != null);
    }

    @ToolSpec(name = "list_entries", value = "Tell who came in through which door and when: visitors, employees, the log of badges. For movement seen by cameras use list_motion_events.", hints = ToolHint.READ_ONLY)
    List<Map<String, Object>> listEntries() {
        return entries;
    }
}
