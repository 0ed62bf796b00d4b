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

/** Machines of the hall. */
final class Machines {

    private static final List<String> MACHINES = List.of("press_1", "press_2", "lathe", "mill", "packer", "oven");

    private final Map<String, String> states = new ConcurrentHashMap<>();
    private final int produced;

    Machines(SplittableRandom random) {
        MACHINES.forEach(machine -> states.put(machine, random.nextBoolean() ? "running" : "stopped"));
        produced = random.nextInt(100, 900);
    }

    @ToolSpec(name = "start_machine", value = "Start a machine of the production line, such as a press or a lathe. For pumps and fans use set_device.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> startMachine(@Param("machine: press_1, press_2, lathe, mill, packer, oven") String machine) {
        states.put(Things.known("machine", machine, MACHINES), "running");
        return Map.of("machine", machine, "state", "running");
    }

    @ToolSpec(name = "stop_machine", value = "Stop one machine in order, for example at the end of work. In danger use emergency_stop.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> stopMachine(@Param("machine: press_1, press_2, lathe, mill, packer, oven") String machine) {
        states.put(Things.known("machine", machine, MACHINES), "stopped");
        return Map.of("machine", machine, "state", "stopped");
    }

    @ToolSpec(name = "machine_status", value = "Tell what a machine does: whether it is running, stopped or faulty. For its past repairs use service_history.", hints = ToolHint.READ_ONLY)
    Map<String, Object> machineStatus(@Param("machine: press_1, press_2, lathe, mill, packer, oven") String machine) {
        return Map.of("machine", Things.known("machine", machine, MACHINES), "state",
                states.getOrDefault(machine, "stopped"));
    }

    @ToolSpec(name = "set_conveyor_speed", value = "Make the conveyor belt, which carries the goods, faster or slower.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setConveyorSpeed(@Param("centimetres per second, 0 to 200") int speed) {
        return Map.of("speed", Things.within("speed", speed, 0, 200));
    }

    @ToolSpec(name = "emergency_stop", value = "Halt the whole production line at once, only if people or machines are in danger, as in an accident. For one machine use stop_machine.", hints = ToolHint.DESTRUCTIVE)
    Map<String, Object> emergencyStop(@Param("why") String reason) {
        MACHINES.forEach(machine -> states.put(machine, "stopped"));
        return Map.of("stopped", MACHINES.size(), "reason", Things.text("reason", reason));
    }

    @ToolSpec(name = "production_count", value = "Tell how many pieces were made in a shift, and how many were scrap.", hints = ToolHint.READ_ONLY)
    Map<String, Object> productionCount(@Param("shift: early, late or night") String shift) {
        Things.known("shift", shift, List.of("early", "late", "night"));
        return Map.of("shift", shift, "pieces", produced, "scrap", produced / 50);
    }
}
