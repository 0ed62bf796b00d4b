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
 * What a model is told of a tool.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param name letters, digits, {@code _ . -}; at most 64 characters
 * @param description what it does and when to use it
 * @param parameters a JSON schema of type object, as data (see the package description)
 */
public record ToolDefinition(String name, String description, Map<String, @Nullable Object> parameters) {

    /**
     * Checks the name and copies the map.
     *
     * @throws IllegalArgumentException if the name has other characters or a wrong length
     */
    public ToolDefinition {
        if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
            throw new IllegalArgumentException("A tool's name has 1 to 64 letters, digits or '_', '.', '-': " + name);
        }
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }
}
