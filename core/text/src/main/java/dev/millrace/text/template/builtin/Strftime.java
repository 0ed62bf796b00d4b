/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.builtin;

import dev.millrace.text.template.limit.Budget;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** C's {@code strftime} in the C locale. */
final class Strftime {

    private Strftime() {
    }

    static String format(Clock clock, String pattern, Budget budget) {
        budget.characters(8L * pattern.length());
        StringBuilder out = new StringBuilder();
        format(ZonedDateTime.now(clock), pattern, out);
        return out.toString();
    }

    private static void format(ZonedDateTime now, String pattern, StringBuilder out) {
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c != '%' || i + 1 >= pattern.length()) {
                out.append(c);
                continue;
            }
            char directive = pattern.charAt(++i);
            boolean bare = directive == '-' && i + 1 < pattern.length();
            if (bare) {
                directive = pattern.charAt(++i);
            }
            int begin = out.length();
            directive(now, directive, out);
            if (bare) {
                while (begin < out.length() - 1 && (out.charAt(begin) == '0' || out.charAt(begin) == ' ')) {
                    out.deleteCharAt(begin);
                }
            }
        }
    }

    private static void directive(ZonedDateTime now, char directive, StringBuilder out) {
        int hour12 = now.get(ChronoField.CLOCK_HOUR_OF_AMPM);
        switch (directive) {
            case 'Y' -> out.append(now.getYear());
            case 'y' -> padded(now.getYear() % 100, 2, out);
            case 'C' -> padded(now.getYear() / 100, 2, out);
            case 'm' -> padded(now.getMonthValue(), 2, out);
            case 'd' -> padded(now.getDayOfMonth(), 2, out);
            case 'e' -> out.append(String.format(Locale.ROOT, "%2d", now.getDayOfMonth()));
            case 'j' -> padded(now.getDayOfYear(), 3, out);
            case 'H' -> padded(now.getHour(), 2, out);
            case 'k' -> out.append(String.format(Locale.ROOT, "%2d", now.getHour()));
            case 'I' -> padded(hour12, 2, out);
            case 'l' -> out.append(String.format(Locale.ROOT, "%2d", hour12));
            case 'M' -> padded(now.getMinute(), 2, out);
            case 'S' -> padded(now.getSecond(), 2, out);
            case 'f' -> padded(now.getNano() / 1000, 6, out);
            case 'p' -> out.append(now.getHour() < 12 ? "AM" : "PM");
            case 'P' -> out.append(now.getHour() < 12 ? "am" : "pm");
            case 'A' -> out.append(now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case 'a' -> out.append(now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH), 0, 3);
            case 'B' -> out.append(now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case 'b', 'h' -> out.append(now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH), 0, 3);
            case 'u' -> out.append(now.getDayOfWeek().getValue());
            case 'w' -> out.append(now.getDayOfWeek().getValue() % 7);
            case 'U' -> padded((now.getDayOfYear() + 6 - now.getDayOfWeek().getValue() % 7) / 7, 2, out);
            case 'W' -> padded((now.getDayOfYear() + 7 - now.getDayOfWeek().getValue()) / 7, 2, out);
            case 'V' -> padded(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2, out);
            case 'G' -> out.append(now.get(IsoFields.WEEK_BASED_YEAR));
            case 's' -> out.append(now.toEpochSecond());
            case 'D', 'x' -> format(now, "%m/%d/%y", out);
            case 'F' -> format(now, "%Y-%m-%d", out);
            case 'T', 'X' -> format(now, "%H:%M:%S", out);
            case 'R' -> format(now, "%H:%M", out);
            case 'r' -> format(now, "%I:%M:%S %p", out);
            case 'c' -> format(now, "%a %b %e %H:%M:%S %Y", out);
            case 'z', 'Z' -> {
                // Python's datetime.now() knows no zone
            }
            case 'n' -> out.append('\n');
            case 't' -> out.append('\t');
            case '%' -> out.append('%');
            default -> out.append('%').append(directive);
        }
    }

    private static void padded(int value, int width, StringBuilder out) {
        String digits = Integer.toString(value);
        out.repeat('0', Math.max(0, width - digits.length())).append(digits);
    }
}
