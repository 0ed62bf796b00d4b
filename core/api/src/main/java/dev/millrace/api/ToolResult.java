/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.jspecify.annotations.Nullable;

/**
 * What a tool answers.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param value text, which the model gets as it is, or data (see the package description), which it gets as JSON. Models read text:
 *            pictures, sounds and other bytes become an error that says so
 * @param error whether the tool failed; the model is told why and may try again
 */
public record ToolResult(@Nullable Object value, boolean error) {

    /**
     * A success.
     *
     * @param value text or data
     * @return the result
     */
    public static ToolResult of(@Nullable Object value) {
        return new ToolResult(value, false);
    }

    /**
     * A failure.
     *
     * @param message what went wrong and what to do instead, for the model
     * @return the result
     */
    public static ToolResult error(String message) {
        return new ToolResult(message, true);
    }
}
