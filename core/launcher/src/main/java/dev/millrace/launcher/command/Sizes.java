/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and times as people write them. */
final class Sizes {

    private static final Pattern WRITTEN = Pattern
            .compile("([0-9]{1,9}(?:\\.[0-9]{1,3})?)\\s*([kKmMgG]?)(?:B|/s|B/s)?");

    private Sizes() {
    }

    /** A size, such as {@code 4.84 GB} with 10^9 bytes in one. */
    static String of(long bytes) {
        if (bytes >= 999_500_000) {
            return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
        }
        if (bytes >= 999_500) {
            return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
        }
        return bytes >= 1000 ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3) : bytes + " bytes";
    }

    static String duration(long seconds) {
        if (seconds >= 3600) {
            return seconds / 3600 + " h " + seconds / 60 % 60 + " min";
        }
        return seconds >= 60 ? seconds / 60 + " min " + seconds % 60 + " s" : seconds + " s";
    }

    /** Bytes that a text such as {@code 5M} or {@code 1.5 GB} means. */
    static OptionalLong parse(String text) {
        Matcher written = WRITTEN.matcher(text.strip());
        if (!written.matches()) {
            return OptionalLong.empty();
        }
        double unit = switch (written.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 1e3;
            case "m" -> 1e6;
            case "g" -> 1e9;
            default -> 1;
        };
        return OptionalLong.of((long) (Double.parseDouble(written.group(1)) * unit));
    }
}
