/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy.rules;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as people write them: {@code 500ms}, {@code 30s}, {@code 2m}, {@code 1h}, {@code 1d}. */
final class Durations {

    private static final Pattern WRITTEN = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

    private Durations() {
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException if it is none, or nothing
     */
    static Duration read(String text) {
        Matcher matcher = WRITTEN.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new IllegalArgumentException("\"" + text + "\" is no time: write 30s, 2m, 1h or the like");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    /** For people, rounded up to seconds. */
    static String shown(Duration time) {
        long seconds = Math.max(1, time.plusMillis(999).toSeconds());
        if (seconds == 1) {
            return "1 second";
        }
        if (seconds % 60 != 0 || seconds < 60) {
            return seconds + " seconds";
        }
        long minutes = seconds / 60;
        return minutes == 1 ? "1 minute" : minutes + " minutes";
    }
}
