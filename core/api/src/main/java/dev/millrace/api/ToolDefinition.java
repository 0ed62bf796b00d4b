/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
 * @param hints what it does to the world; empty if it says nothing. What is destructive is acting, too
 * @param timeLimit how long one call may take; empty if the tool sets no limit
 * @param output a JSON schema of type object that its results fit, as data; empty if it promises nothing
 */
public record ToolDefinition(String name, String description, Map<String, @Nullable Object> parameters,
        Set<ToolHint> hints, Optional<Duration> timeLimit, Map<String, @Nullable Object> output) {

    /**
     * Checks name, hints and time, and copies the maps.
     *
     * @throws IllegalArgumentException if the name has other characters or a wrong length, the hints contradict each other, or the
     *             time is not positive
     */
    public ToolDefinition {
        if (!name.matches("[A-Za-z0-9_.-]{1,64}")) {
            throw new IllegalArgumentException("A tool's name has 1 to 64 letters, digits or '_', '.', '-': " + name);
        }
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        output = Collections.unmodifiableMap(new LinkedHashMap<>(output));
        Set<ToolHint> all = EnumSet.noneOf(ToolHint.class);
        all.addAll(hints);
        if (all.contains(ToolHint.DESTRUCTIVE)) {
            all.add(ToolHint.ACTING);
        }
        if (all.contains(ToolHint.READ_ONLY) && all.contains(ToolHint.ACTING)) {
            throw new IllegalArgumentException("The tool " + name + " cannot be both read-only and acting.");
        }
        hints = Collections.unmodifiableSet(all);
        if (timeLimit.isPresent() && !timeLimit.get().isPositive()) {
            throw new IllegalArgumentException(
                    "A call of " + name + " needs time, more than " + timeLimit.get() + ".");
        }
    }

    /**
     * A tool that says nothing of what it does to the world.
     *
     * @param name see {@link #name()}
     * @param description see {@link #description()}
     * @param parameters see {@link #parameters()}
     * @throws IllegalArgumentException if the name has other characters or a wrong length
     */
    public ToolDefinition(String name, String description, Map<String, @Nullable Object> parameters) {
        this(name, description, parameters, Set.of(), Optional.empty(), Map.of());
    }

    /**
     * The same tool with other hints.
     *
     * @param does what it does to the world
     * @return a copy
     * @throws IllegalArgumentException if the hints contradict each other
     */
    public ToolDefinition withHints(ToolHint... does) {
        return new ToolDefinition(name, description, parameters, Set.copyOf(List.of(does)), timeLimit, output);
    }

    /**
     * The same tool with another limit.
     *
     * @param limit how long one call may take, more than nothing
     * @return a copy
     * @throws IllegalArgumentException if the time is not positive
     */
    public ToolDefinition withTimeLimit(Duration limit) {
        return new ToolDefinition(name, description, parameters, hints, Optional.of(limit), output);
    }

    /**
     * The same tool with another promise about its results.
     *
     * @param schema a JSON schema of type object, as data
     * @return a copy
     */
    public ToolDefinition withOutput(Map<String, @Nullable Object> schema) {
        return new ToolDefinition(name, description, parameters, hints, timeLimit, schema);
    }
}
