/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A call that is about to run.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param conversation in which it is called: a name that no other conversation of this runtime has; empty if a program calls the
 *            tool and not a model
 * @param user for whom it is called, as whoever began the conversation says; empty if nobody said so
 * @param tool what the model was told of the tool
 * @param call what is asked for; the arguments fit what the runtime understands of the tool's schema
 */
public record ToolRequest(String conversation, String user, ToolDefinition tool, ToolCall call) {

    /**
     * A request of nobody in no conversation.
     *
     * @param tool see {@link #tool()}
     * @param call see {@link #call()}
     */
    public ToolRequest(ToolDefinition tool, ToolCall call) {
        this("", "", tool, call);
    }

    /**
     * The tool's name.
     *
     * @return the name
     */
    public String name() {
        return tool.name();
    }

    /**
     * The arguments.
     *
     * @return name to value
     */
    public Map<String, @Nullable Object> arguments() {
        return call.arguments();
    }

    /**
     * What the tool says that it does to the world.
     *
     * @return empty if it has said nothing
     */
    public Set<ToolHint> hints() {
        return tool.hints();
    }

    /**
     * The same request with another call.
     *
     * @param other the call
     * @return a copy
     */
    public ToolRequest with(ToolCall other) {
        return new ToolRequest(conversation, user, tool, other);
    }
}
