/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A tool of a plugin that may be updated or taken away while a conversation is open. Each call goes to the plugin as it is then,
 * never to the code of one that left.
 */
final class InstalledTool implements Tool {

    private final ToolProvider provider;
    private final Tool tool;
    private final ToolDefinition definition;
    private final Supplier<List<ToolProvider>> present;

    private InstalledTool(ToolProvider provider, Tool tool, ToolDefinition definition,
            Supplier<List<ToolProvider>> present) {
        this.provider = provider;
        this.tool = tool;
        this.definition = definition;
        this.present = present;
    }

    /**
     * A tool as a conversation keeps it.
     *
     * @param provider whose it is
     * @param definition what it says of itself now
     * @param present the providers that are installed at any time
     * @return the tool itself if its provider is not installed but the caller's own
     */
    static Tool of(ToolProvider provider, Tool tool, ToolDefinition definition,
            Supplier<List<ToolProvider>> present) {
        return present.get().contains(provider) ? new InstalledTool(provider, tool, definition, present) : tool;
    }

    @Override
    public ToolDefinition definition() {
        return definition;
    }

    @Override
    public ToolResult call(ToolCall call) throws Exception {
        List<ToolProvider> now = present.get();
        if (now.contains(provider)) {
            return tool.call(call);
        }
        // the plugin was updated: its next version answers
        Optional<Tool> successor = now.stream().filter(other -> other.name().equals(provider.name()))
                .flatMap(other -> other.tools().stream())
                .filter(other -> other.definition().name().equals(definition.name())).findFirst();
        if (successor.isEmpty()) {
            return ToolResult.error("The tool " + definition.name() + " is not here any more: go on without it.");
        }
        return successor.get().call(call);
    }
}
