/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of the tools that a model may call, in the order in which a Python call without names fills them: the order in
 * which the schema declares its properties.
 *
 * @param parameters name of a tool to the names of its parameters
 */
record Signatures(Map<String, List<String>> parameters) {

    /** Knows no tool. */
    static final Signatures NONE = new Signatures(Map.of());

    /** Those of some tools. */
    static Signatures of(List<ToolDefinition> tools) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (ToolDefinition tool : tools) {
            parameters.put(tool.name(), new SchemaFit(tool.parameters()).properties());
        }
        return new Signatures(parameters);
    }

    /**
     * Gives names to the values of a call that have none.
     *
     * @param tool the tool's name
     * @param values the values, in the order of the call; not empty
     * @return name to value
     * @throws CallSyntaxException if nothing says what the values are for
     */
    Map<String, @Nullable Object> named(String tool, List<@Nullable Object> values) throws CallSyntaxException {
        List<String> names = parameters.get(tool);
        if (names == null || names.isEmpty()) {
            throw new CallSyntaxException(names == null
                    ? "arguments must be named: " + tool + "(name=value, ...)"
                    : tool + " takes no arguments");
        }
        if (values.size() > names.size()) {
            throw new CallSyntaxException(tool + " takes " + names.size() + " arguments at most, " + names + ", and "
                    + values.size() + " are given without a name");
        }
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            named.put(names.get(i), values.get(i));
        }
        return named;
    }
}
