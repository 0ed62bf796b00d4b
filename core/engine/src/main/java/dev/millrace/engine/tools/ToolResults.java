/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.ToolResult;
import dev.millrace.json.Json;
import java.io.InputStream;
import java.nio.Buffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes results of tools fit for models: text and data whose texts are whole characters. */
public final class ToolResults {

    private ToolResults() {
    }

    /**
     * What is told of a result.
     *
     * @param tool its name
     * @param result what it gave
     * @return text, plain data, or an error that says why there is neither
     * @throws RuntimeException if the value is nothing that JSON has
     */
    public static ToolResult settled(String tool, @Nullable ToolResult result) {
        if (result == null) {
            return ToolResult.error("The tool " + tool + " gave no result.");
        }
        if (result.error()) {
            return ToolResult.error(Json.wellFormed(String.valueOf(result.value())));
        }
        if (result.value() instanceof String text) {
            return ToolResult.of(Json.wellFormed(text));
        }
        if (isBytes(result.value())) {
            return ToolResult.error("The tool " + tool
                    + " gave a picture or other bytes, and this model reads text only: go on without it.");
        }
        String json = Json.write(result.value());
        // whoever listens gets what the model reads
        return isWellFormed(result.value()) ? result : ToolResult.of(Json.parse(json));
    }

    /**
     * A result as the model reads it.
     *
     * @param result settled
     * @return text as it is, data and errors as JSON
     */
    public static String text(ToolResult result) {
        if (result.error()) {
            return Json.write(Map.of("error", String.valueOf(result.value())));
        }
        return result.value() instanceof String text ? text : Json.write(result.value());
    }

    /**
     * A result that is not longer than a limit.
     *
     * @param result settled
     * @param characters the most that are kept, 1 or more
     * @return the result, or the beginning of it as text, with a note
     */
    public static ToolResult beginning(ToolResult result, int characters) {
        if (result.error() || text(result).length() <= characters) {
            return result;
        }
        return ToolResult.of(ResultBudget.beginning(text(result), characters));
    }

    /** A picture of java.desktop is known by the name of its package: that module need not be there. */
    private static boolean isBytes(@Nullable Object value) {
        return switch (value) {
            case byte[] bytes -> true;
            case Buffer buffer -> true;
            case InputStream stream -> true;
            case null -> false;
            default -> value.getClass().getPackageName().startsWith("java.awt");
        };
    }

    private static boolean isWellFormed(@Nullable Object value) {
        return switch (value) {
            case CharSequence text -> Json.wellFormed(text.toString()).contentEquals(text);
            case Map<?, ?> map -> map.entrySet().stream()
                    .allMatch(each -> isWellFormed(String.valueOf(each.getKey())) && isWellFormed(each.getValue()));
            case Iterable<?> list -> {
                for (Object each : list) {
                    if (!isWellFormed(each)) {
                        yield false;
                    }
                }
                yield true;
            }
            case null, default -> true;
        };
    }

    /** What is told of a failure. */
    static String message(Throwable problem) {
        try {
            String message = problem.getMessage();
            return message == null ? problem.getClass().getSimpleName() : Json.wellFormed(message);
        } catch (Throwable e) {
            // the message of a tool's own exception may be code that fails
            return problem.getClass().getSimpleName();
        }
    }
}
