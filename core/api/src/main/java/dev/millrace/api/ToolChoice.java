/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Objects;

/**
 * Whether the model has to call tools. It holds for the first round of an answer; once tools have answered, the model is free.
 * Minor versions may add components.
 *
 * @param required whether the model has to call at least one tool
 * @param name of the only tool that it may call; empty for any of them
 */
public record ToolChoice(boolean required, String name) {

    /** The model decides. */
    public static final ToolChoice AUTO = new ToolChoice(false, "");

    /** The model calls at least one tool. */
    public static final ToolChoice REQUIRED = new ToolChoice(true, "");

    /**
     * Checks that a choice that is named is required.
     *
     * @throws IllegalArgumentException if a tool is named that need not be called
     */
    public ToolChoice {
        Objects.requireNonNull(name);
        if (!required && !name.isEmpty()) {
            throw new IllegalArgumentException("A tool that is named has to be called: " + name);
        }
    }

    /**
     * The model calls one tool.
     *
     * @param name of the tool
     * @return a choice
     */
    public static ToolChoice named(String name) {
        return new ToolChoice(true, name);
    }
}
