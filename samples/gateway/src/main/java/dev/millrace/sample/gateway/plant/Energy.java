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

/** Power that is made, stored, used and paid for. */
final class Energy {

    private final double used;
    private final int solar;
    private final int battery;
    private volatile int limit = 90;

    Energy(SplittableRandom random) {
        used = random.nextInt(100, 400) / 10.0;
        solar = random.nextInt(0, 8000);
        battery = random.nextInt(20, 90);
    }

    @ToolSpec(name = "energy_usage", value = "Tell how much electricity was consumed in kWh in a period. For the cost use energy_price; for what one sensor shows now use read_sensor.", hints = ToolHint.READ_ONLY)
    Map<String, Object> energyUsage(@Param("today, yesterday, week or month") String period) {
        int days = switch (period) {
            case "today", "yesterday" -> 1;
            case "week" -> 7;
            case "month" -> 30;
            default -> throw new IllegalArgumentException("period is today, yesterday, week or month.");
        };
        return Map.of("period", period, "kwh", Math.round(used * days * 10) / 10.0);
    }

    @ToolSpec(name = "solar_output", value = "Tell how much power the solar panels on the roof make now.", hints = ToolHint.READ_ONLY)
    Map<String, Object> solarOutput() {
        return Map.of("watts", solar);
    }

    @ToolSpec(name = "battery_state", value = "Tell how full the house battery is, the reserve for a power failure, and whether it charges.", hints = ToolHint.READ_ONLY)
    Map<String, Object> batteryState() {
        return Map.of("percent", battery, "charging", solar > 1000, "limit", limit);
    }

    @ToolSpec(name = "set_charge_limit", value = "Limit how far the house battery or the electric car is charged. For how full it is use battery_state.", hints = {
            ToolHint.ACTING, ToolHint.IDEMPOTENT})
    Map<String, Object> setChargeLimit(@Param("at most, 50 to 100") int percent) {
        limit = Things.within("The limit", percent, 50, 100);
        return Map.of("limit", limit);
    }

    @ToolSpec(name = "energy_price", value = "Tell the price of electricity (tariff) by the hour, to find when it is cheap. For what was consumed use energy_usage.", hints = ToolHint.READ_ONLY)
    Map<String, Object> energyPrice(@Param("hour of the day, 0 to 23") int hour) {
        Things.within("hour", hour, 0, 23);
        return Map.of("hour", hour, "cents_per_kwh", 18 + Math.abs(13 - hour));
    }
}
