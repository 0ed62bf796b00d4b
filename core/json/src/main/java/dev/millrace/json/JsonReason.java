/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says in plain words why Jackson could not read a text. Jackson's own messages name its classes, switches and sources. */
public final class JsonReason {

    private static final int MAX_LENGTH = 200;

    /** Where something began, as Jackson writes it. Old versions put the source itself in, which may have brackets and lines. */
    private static final String PLACE = "\\[Source: .*?; (?:line: (\\d+), column: (\\d+)|[^\\]]*)\\]";
    private static final Pattern UNCLOSED = Pattern.compile(
            ".*end-of-input.*close marker for (Object|Array) \\(start marker at " + PLACE + "\\).*", Pattern.DOTALL);
    private static final Pattern ENDS = Pattern.compile("Unexpected end-of-input(: was expecting .*)?.*",
            Pattern.DOTALL);
    private static final Pattern MISMATCHED = Pattern.compile(
            "(Unexpected close marker .*?: expected .*?) \\(for (Object|Array) starting at " + PLACE + "\\).*",
            Pattern.DOTALL);
    private static final Pattern TOO_MUCH = Pattern.compile(
            "(Document nesting depth|Number|String|Name|Document|Token)\\b.* exceeds the maximum allowed \\((\\d+).*",
            Pattern.DOTALL);
    private static final Pattern OTHER_KIND = Pattern.compile("Cannot (?:de|con)\\w+ .* from (\\w+) value.*",
            Pattern.DOTALL);
    private static final Pattern TRAILING = Pattern.compile("Trailing token .*", Pattern.DOTALL);
    private static final Pattern NOTHING = Pattern.compile("No content to map .*", Pattern.DOTALL);

    /** Hints for programmers: what they expected of Jackson, and its switches. */
    private static final Pattern HINT = Pattern.compile(
            ": was expecting \\(JSON .*| \\(JSON String.*|: enable `.*|: maybe a \\(non-standard\\) comment\\?.*|: not allowed as per .*"
                    + "| \\((?:\\w+ )*`[^`]*`[^)]*\\)");
    private static final Pattern ANY_PLACE = Pattern.compile(" ?\\(?(?:[a-z ]+ )?" + PLACE + "\\)?", Pattern.DOTALL);

    private JsonReason() {
    }

    /**
     * Why a text could not be read.
     *
     * @param problem what Jackson says
     * @return one line of at most 200 characters without a stop at its end, to stand after a colon; it names no place of the problem
     *         itself
     */
    public static String of(JsonProcessingException problem) {
        String message = problem.getOriginalMessage();
        String words = words(message == null ? "" : message);
        return words.length() <= MAX_LENGTH ? words : Json.wellFormed(words.substring(0, MAX_LENGTH - 1)) + "\u2026";
    }

    private static String words(String message) {
        Matcher unclosed = UNCLOSED.matcher(message);
        if (unclosed.matches()) {
            return "The text ends within the " + kind(unclosed.group(1)) + begin(unclosed.group(2), unclosed.group(3));
        }
        Matcher ends = ENDS.matcher(message);
        if (ends.matches()) {
            return "The text ends too early" + (ends.group(1) == null ? "" : ends.group(1));
        }
        Matcher mismatched = MISMATCHED.matcher(message);
        if (mismatched.matches()) {
            return mismatched.group(1) + " for the " + kind(mismatched.group(2))
                    + begin(mismatched.group(3), mismatched.group(4));
        }
        Matcher tooMuch = TOO_MUCH.matcher(message);
        if (tooMuch.matches()) {
            return switch (tooMuch.group(1)) {
                case "Document nesting depth" -> "Nested deeper than " + tooMuch.group(2);
                case "Number" -> "A number has more than " + tooMuch.group(2) + " characters";
                case "String" -> "A text has more than " + tooMuch.group(2) + " characters";
                case "Name" -> "A key has more than " + tooMuch.group(2) + " characters";
                default -> "It is longer than " + tooMuch.group(2);
            };
        }
        Matcher other = OTHER_KIND.matcher(message);
        if (other.matches()) {
            return "A value of type " + kind(other.group(1)) + " stands where another is needed";
        }
        if (TRAILING.matcher(message).matches()) {
            return "Nothing may follow the value";
        }
        if (NOTHING.matcher(message).matches()) {
            return "A value is missing";
        }
        String placeless = ANY_PLACE.matcher(message).replaceAll("");
        String line = placeless.lines().findFirst().orElse("");
        String plain = HINT.matcher(line).replaceAll("").replace("`", "").strip();
        return plain.isEmpty() ? "It is malformed" : plain;
    }

    private static String kind(String jackson) {
        return switch (jackson) {
            case "Object" -> "object";
            case "Array" -> "array";
            case "String" -> "text";
            case "Integer", "Floating" -> "number";
            case "Boolean" -> "boolean";
            default -> jackson;
        };
    }

    private static String begin(@Nullable String line,
            @Nullable String column) {
        return line == null || column == null ? "" : " that begins in line " + line + ", column " + column;
    }
}
