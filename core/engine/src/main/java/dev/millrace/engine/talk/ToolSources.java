/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Where the tools of a conversation come from: providers, which come, change and go with their plugins, and tools that the caller runs.
 * Asked when an answer begins. Safe for use from any thread.
 */
final class ToolSources {

    private static final System.Logger LOG = System.getLogger(ToolSources.class.getName());

    /**
     * The tools at one moment.
     *
     * @param tools those that are run here, by name
     * @param definitions what the model may be told of all, by name: those that are run here first
     * @param always names of tools that the model was made for: it is told of them whatever is chosen
     * @param gone names of tools that were there before
     */
    record Table(Map<String, Tool> tools, Map<String, ToolDefinition> definitions, Set<String> always,
            Set<String> gone) {

        /** Names of those among which a selector may choose. */
        Set<String> choosable() {
            Set<String> names = new HashSet<>(tools.keySet());
            names.removeAll(always);
            return names;
        }

        /** The same after an earlier one: what is missing has left. */
        Table after(Table before) {
            Set<String> left = new HashSet<>(before.gone);
            left.addAll(before.definitions.keySet());
            left.removeAll(definitions.keySet());
            return new Table(tools, definitions, always, left);
        }
    }

    /**
     * A provider that the conversation was given.
     *
     * @param installed whether it belongs to a plugin, whose next version takes its place
     */
    private record Source(ToolProvider provider, boolean installed) {

        Optional<ToolProvider> now(List<ToolProvider> present) {
            return !installed || present.contains(provider)
                    ? Optional.of(provider)
                    : present.stream().filter(other -> other.name().equals(provider.name())).findFirst();
        }
    }

    private final List<Source> sources;
    private final Supplier<List<ToolProvider>> installed;
    private final Supplier<List<ToolProvider>> suggested;
    private final Map<String, ToolDefinition> declared;

    /**
     * Sources.
     *
     * @param providers in the order in which the model is told of their tools
     * @param installed those of all plugins, at any time
     * @param suggested providers that belong to the conversation as soon as they are there
     * @param declared tools that the caller runs
     */
    ToolSources(List<ToolProvider> providers, Supplier<List<ToolProvider>> installed,
            Supplier<List<ToolProvider>> suggested, Map<String, ToolDefinition> declared) {
        List<ToolProvider> now = installed.get();
        this.sources = providers.stream().map(provider -> new Source(provider, now.contains(provider))).toList();
        this.installed = installed;
        this.suggested = suggested;
        this.declared = new LinkedHashMap<>(declared);
    }

    /** The tools now. Of two with one name the first is taken; a provider that fails has none. */
    Table now() {
        List<ToolProvider> present = List.copyOf(installed.get());
        List<ToolProvider> all = new ArrayList<>();
        sources.forEach(source -> source.now(present).ifPresent(all::add));
        List<ToolProvider> wished = suggested.get();
        for (ToolProvider late : wished) {
            if (all.stream().noneMatch(other -> other.equals(late) || other.name().equals(late.name()))) {
                all.add(late);
            }
        }
        Map<String, Tool> tools = new LinkedHashMap<>();
        Map<String, ToolDefinition> definitions = new LinkedHashMap<>();
        Set<String> always = new HashSet<>();
        for (ToolProvider provider : all) {
            boolean wanted = wished.stream().anyMatch(other -> other.name().equals(provider.name()));
            try {
                for (Tool tool : provider.tools()) {
                    ToolDefinition definition = tool.definition();
                    if (declared.containsKey(definition.name())
                            || definitions.putIfAbsent(definition.name(), definition) != null) {
                        LOG.log(System.Logger.Level.WARNING,
                                "A second tool {0} is left out, of {1}: rename one of them.", definition.name(),
                                provider.name());
                        continue;
                    }
                    if (wanted) {
                        always.add(definition.name());
                    }
                    tools.put(definition.name(), InstalledTool.of(provider, tool, definition, installed));
                }
            } catch (RuntimeException | LinkageError e) {
                // a plugin that is on its way out costs its own tools
                LOG.log(System.Logger.Level.WARNING, "The tools of " + provider.getClass().getName()
                        + " cannot be had.", e);
            }
        }
        definitions.putAll(declared);
        return new Table(tools, definitions, always, Set.of());
    }
}
