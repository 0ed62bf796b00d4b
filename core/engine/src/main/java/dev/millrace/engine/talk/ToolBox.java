/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Gathers where the tools of a conversation come from: providers, and what the caller runs. No two tools have one name. */
final class ToolBox {

    private final Map<String, ToolDefinition> declared = new LinkedHashMap<>();
    private final List<ToolProvider> providers = new ArrayList<>();
    private final Set<ToolProvider> asked = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Whose each tool is, for messages. */
    private final Map<String, String> origins = new HashMap<>();

    /** Adds tools that are run here. */
    void add(List<ToolProvider> more) {
        for (ToolProvider provider : more) {
            if (!asked.add(provider)) {
                continue;
            }
            List<String> names = provider.tools().stream().map(tool -> tool.definition().name()).toList();
            Set<String> own = new HashSet<>();
            for (String name : names) {
                unique(name, provider.name());
                if (!own.add(name)) {
                    throw twice(name, provider.name(), provider.name());
                }
            }
            providers.add(provider);
            names.forEach(name -> origins.put(name, provider.name()));
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

    /**
     * All of them, as they are at any time.
     *
     * @param installed providers of all plugins
     * @param suggested providers that belong to the conversation as soon as they are there
     */
    ToolSources sources(Supplier<List<ToolProvider>> installed, Supplier<List<ToolProvider>> suggested) {
        return new ToolSources(providers, installed, suggested, declared);
    }

    /**
     * Checks that a tool that has to be called is there.
     *
     * @param names of the tools
     * @throws IllegalArgumentException if it is not
     */
    static void check(ToolChoice choice, Set<String> names) {
        boolean missing = !choice.name().isEmpty() && !names.contains(choice.name());
        if (choice.required() && (names.isEmpty() || missing)) {
            throw new IllegalArgumentException("The model has to call a tool that is not there: "
                    + (names.isEmpty() ? "there are none at all" : choice.name()) + ".");
        }
    }
}
