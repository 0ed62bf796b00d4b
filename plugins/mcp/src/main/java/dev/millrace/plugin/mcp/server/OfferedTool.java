/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.RpcException;

/**
 * A tool that is offered.
 *
 * @param definition as the protocol has it: {@code name}, {@code description}, {@code inputSchema} and more
 * @param run what it does
 */
public record OfferedTool(ObjectNode definition, Run run) {

    /** What a tool does. */
    @FunctionalInterface
    public interface Run {

        /**
         * Runs. Called on a thread of its own, which is interrupted when the call is cancelled.
         *
         * @return the result, with its blocks of content
         */
        ObjectNode call(ObjectNode arguments, CallContext context) throws RpcException, InterruptedException;
    }

    /** The name by which it is called. */
    public String name() {
        return definition.path("name").asText();
    }
}
