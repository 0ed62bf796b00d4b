/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.hotswap;

import dev.millrace.api.ToolSpec;

/** A house with a switch and a sensor, both of them slow: something else happens before they answer. */
final class House {

    private final Runnable meanwhile;

    /**
     * A house.
     *
     * @param meanwhile runs during each call
     */
    House(Runnable meanwhile) {
        this.meanwhile = meanwhile;
    }

    /** What became of a switch. */
    record Switched(boolean ok, String name, String state) {
    }

    /** What a sensor says. */
    record Reading(String room, String quantity, double value, String unit) {
    }

    @ToolSpec(name = "set_device", value = "Switch a device on or off.")
    Switched setDevice(String name, String state) {
        meanwhile.run();
        return new Switched(true, name, state);
    }

    @ToolSpec(name = "read_sensor", value = "Read one sensor.")
    Reading readSensor(String room, String quantity) {
        meanwhile.run();
        return new Reading(room, quantity, 18.4, "C");
    }
}
