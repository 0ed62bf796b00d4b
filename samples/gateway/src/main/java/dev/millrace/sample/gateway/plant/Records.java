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

/** What was measured in the past. */
final class Records {

    private final double mean;

    Records(SplittableRandom random) {
        mean = random.nextInt(150, 260) / 10.0;
    }

    @ToolSpec(name = "query_history", value = "Give measured values of the past, for example the temperature last night. For the present value use read_sensor.", hints = ToolHint.READ_ONLY)
    Map<String, Object> queryHistory(@Param("sensor, e.g. cellar humidity") String sensor,
            @Param("hours back from now, 1 to 720") int hours) {
        Things.within("hours", hours, 1, 720);
        return Map.of("sensor", Things.text("sensor", sensor), "minimum", mean - 2, "mean", mean, "maximum", mean + 3);
    }

    @ToolSpec(name = "export_report", value = "Write measured data into a file (CSV for tables or PDF for print) that can be sent or printed. To see values here use query_history.", hints = ToolHint.ACTING)
    Map<String, Object> exportReport(@Param("what it is about") String subject, @Param("csv or pdf") String format) {
        return Map.of("file", "reports/" + Things.text("subject", subject) + "."
                + Things.known("format", format, List.of("csv", "pdf")));
    }

    @ToolSpec(name = "compare_periods", value = "Compare two periods, for example this week with the last one or this year with the year before: the difference in percent.", hints = ToolHint.READ_ONLY)
    Map<String, Object> comparePeriods(@Param("what, e.g. water use") String subject,
            @Param("first period") String first, @Param("second period") String second) {
        return Map.of("subject", Things.text("subject", subject), "first", first, "second", second, "percent",
                Math.round(mean - 20));
    }

    @ToolSpec(name = "detect_anomalies", value = "Look for unusual, strange or suspicious values, outliers and trends in the data of sensors. For alarms use get_alarms.", hints = ToolHint.READ_ONLY)
    List<Map<String, Object>> detectAnomalies(@Param("hours back from now, 1 to 720") int hours) {
        Things.within("hours", hours, 1, 720);
        return List.of(Map.of("sensor", "boiler_room vibration", "hours_ago", 1 + hours / 3));
    }
}
