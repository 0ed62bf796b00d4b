/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The model gave an argument that does not fit. The message is for the model. */
final class ArgumentException extends Exception {

    private static final long serialVersionUID = 1;

    private static final int LONGEST = 80;

    private final String message;

    private ArgumentException(String message) {
        super(message);
        this.message = message;
    }

    /** What the model is told. */
    ToolResult result() {
        return ToolResult.error(message);
    }

    static ArgumentException unexpected(String path, String expected, @Nullable Object given) {
        return new ArgumentException("Parameter '" + path + "': expected " + expected + ", got " + shown(given) + ".");
    }

    static ArgumentException missing(String path, String expected) {
        return new ArgumentException("Parameter '" + path + "' is missing: expected " + expected + ".");
    }

    static ArgumentException unknown(String path, List<String> known) {
        return new ArgumentException("There is no parameter '" + shortened(path) + "': "
                + (known.isEmpty() ? "none is expected." : "expected " + String.join(", ", known) + "."));
    }

    static ArgumentException refused(String path, @Nullable Throwable why) {
        String message = why == null || why.getMessage() == null ? String.valueOf(why) : why.getMessage();
        return new ArgumentException(
                "Parameter '" + path + "' is refused: " + message + (message.endsWith(".") ? "" : "."));
    }

    private static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> map -> "an object";
            case Iterable<?> list -> "a list";
            case CharSequence text -> '"' + shortened(text.toString()) + '"';
            default -> shortened(value.toString());
        };
    }

    private static String shortened(String text) {
        if (text.length() <= LONGEST) {
            return text;
        }
        return text.substring(0, text.offsetByCodePoints(0, Math.min(LONGEST, text.codePointCount(0, LONGEST))))
                + "...";
    }
}
