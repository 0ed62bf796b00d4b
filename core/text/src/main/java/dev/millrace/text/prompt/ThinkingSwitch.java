/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.api.Reasoning;
import dev.millrace.text.marked.MarkedText;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The variables by which a template lets the model think or not, found out by rendering.
 *
 * @param variable name of the one that is true or false, or null if there is none
 * @param efforts whether {@code reasoning_effort} makes a difference
 */
record ThinkingSwitch(@Nullable String variable, boolean efforts) {

    /** What templates call it: Qwen, SmolLM and GLM the first; DeepSeek and Granite the second. */
    private static final List<String> NAMES = List.of("enable_thinking", "thinking");
    private static final String EFFORT = "reasoning_effort";

    /**
     * Finds out.
     *
     * @param render gives what the template writes with further variables, or null
     */
    static ThinkingSwitch of(Function<Map<String, ?>, @Nullable String> render) {
        String found = null;
        for (String name : NAMES) {
            if (found == null && differ(render.apply(Map.of(name, true)), render.apply(Map.of(name, false)))) {
                found = name;
            }
        }
        return new ThinkingSwitch(found, differ(render.apply(Map.of(EFFORT, trusted("low"))),
                render.apply(Map.of(EFFORT, trusted("high")))));
    }

    private static boolean differ(@Nullable String one, @Nullable String other) {
        return one != null && other != null && !Objects.equals(one, other);
    }

    private static MarkedText trusted(String text) {
        return MarkedText.trusted(text);
    }

    boolean isSwitch() {
        return variable != null;
    }

    /** Whether the template makes a difference for anything that is said about thinking. */
    boolean isTold() {
        return isSwitch() || efforts;
    }

    /** The variables that say what is wanted, as far as the template can be told. */
    Map<String, Object> variables(Reasoning reasoning) {
        Map<String, Object> variables = new HashMap<>();
        if (variable != null && reasoning.mode() != Reasoning.Mode.MODEL) {
            variables.put(variable, reasoning.mode() == Reasoning.Mode.ON);
        }
        if (efforts && reasoning.effort().isPresent()) {
            // what a caller says is data
            variables.put(EFFORT, reasoning.effort().get());
        }
        return variables;
    }
}
