/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.osgi.annotation.versioning.ConsumerType;

/** Something that a model can call. */
@ConsumerType
public interface Tool {

    /**
     * What the model is told of it.
     *
     * @return always the same
     */
    ToolDefinition definition();

    /**
     * Runs it. Called on the conversation's own thread, several conversations at once; interrupted when the answer is
     * cancelled.
     *
     * @param call what the model asks for; its arguments are as the model wrote them
     * @return what the model is told
     * @throws Exception any failure; the model is told its message as a tool error
     */
    ToolResult call(ToolCall call) throws Exception;
}
