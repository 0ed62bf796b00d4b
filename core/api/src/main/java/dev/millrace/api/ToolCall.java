/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tool call that a model made.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param id unique within its conversation
 * @param name the tool's name as the model wrote it
 * @param arguments name to value, in the order of the call; values as in the package description, null included
 */
public record ToolCall(String id, String name, Map<String, @Nullable Object> arguments) {

    /** Copies the map. */
    public ToolCall {
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }
}
