/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a sensor measures. */
enum Quantity {
    TEMPERATURE("C", 5, 95, 1), HUMIDITY("%", 20, 90, 1), PRESSURE("bar", 1, 12, 1), CO2("ppm", 380, 1900,
            0), POWER("W", 10, 4000, 0), VIBRATION("mm/s", 0, 20, 1), LEVEL("%", 0, 100, 0), FLOW("l/min", 0, 300, 0);

    private final String unit;
    private final double low;
    private final double high;
    private final int decimals;

    Quantity(String unit, double low, double high, int decimals) {
        this.unit = unit;
        this.low = low;
        this.high = high;
        this.decimals = decimals;
    }

    /** Finds a quantity by the name that tools use. */
    static Optional<Quantity> named(String name) {
        return Arrays.stream(values()).filter(quantity -> quantity.label().equals(name)).findFirst();
    }

    /** The name that tools use. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    String unit() {
        return unit;
    }

    /** The value at a share of the range, 0 to 1, as the sensor shows it: a long, or a double with one decimal. */
    Number at(double share) {
        double value = low + share * (high - low);
        return decimals == 0 ? (Number) Math.round(value) : (Number) (Math.round(value * 10) / 10.0);
    }
}
