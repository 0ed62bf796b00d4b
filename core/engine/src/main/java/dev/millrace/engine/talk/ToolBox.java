/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Gathers the tools of a conversation: those that are run here, and those that the caller runs. No two have one name. */
final class ToolBox {

    private final Supplier<List<ToolProvider>> installed;
    private final Map<String, Tool> tools = new LinkedHashMap<>();
    private final Map<String, ToolDefinition> told = new LinkedHashMap<>();
    private final Map<String, ToolDefinition> declared = new LinkedHashMap<>();
    private final Set<ToolProvider> asked = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Whose each tool is, for messages. */
    private final Map<String, String> origins = new HashMap<>();

    /**
     * No tools yet.
     *
     * @param installed providers of plugins, also later on
     */
    ToolBox(Supplier<List<ToolProvider>> installed) {
        this.installed = installed;
    }

    /** Adds tools that are run here. */
    void add(List<ToolProvider> providers) {
        for (ToolProvider provider : providers) {
            if (!asked.add(provider)) {
                continue;
            }
            // asked once: what a tool says of itself later can end no answer
            Map<String, ToolDefinition> definitions = new LinkedHashMap<>();
            List<Tool> offered = provider.tools();
            for (Tool tool : offered) {
                ToolDefinition definition = tool.definition();
                unique(definition.name(), provider.name());
                if (definitions.put(definition.name(), definition) != null) {
                    throw twice(definition.name(), provider.name(), provider.name());
                }
            }
            // all of a provider, or nothing
            int at = 0;
            for (ToolDefinition definition : definitions.values()) {
                tools.put(definition.name(), InstalledTool.of(provider, offered.get(at++), definition, installed));
                told.put(definition.name(), definition);
                origins.put(definition.name(), provider.name());
            }
        }
    }

    /** Adds tools that the caller runs. */
    void declare(List<ToolDefinition> definitions) {
        for (ToolDefinition definition : definitions) {
            unique(definition.name(), "declared ones");
            declared.put(definition.name(), definition);
            origins.put(definition.name(), "declared ones");
        }
    }

    private void unique(String name, String origin) {
        String before = origins.get(name);
        if (before != null) {
            throw twice(name, before, origin);
        }
    }

    private static IllegalArgumentException twice(String name, String one, String other) {
        return new IllegalArgumentException("Two tools have the name " + name + ", of " + one + " and of " + other
                + ": rename or leave out one of them.");
    }

    /** Those that are run here, by name. */
    Map<String, Tool> tools() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(tools));
    }

    /** What may be told of all, by name: those that are run here first. */
    Map<String, ToolDefinition> definitions() {
        Map<String, ToolDefinition> all = new LinkedHashMap<>(told);
        all.putAll(declared);
        return all;
    }

    /**
     * Checks that a tool that has to be called is there.
     *
     * @throws IllegalArgumentException if it is not
     */
    void check(ToolChoice choice) {
        String named = choice.name();
        boolean none = told.isEmpty() && declared.isEmpty();
        boolean missing = !named.isEmpty() && !told.containsKey(named) && !declared.containsKey(named);
        if (choice.required() && (none || missing)) {
            throw new IllegalArgumentException("The model has to call a tool that is not there: "
                    + (none ? "there are none at all" : named) + ".");
        }
    }
}
