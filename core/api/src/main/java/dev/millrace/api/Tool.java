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
     * Runs it. Called by several conversations at once, and at once for several calls of one turn if it is
     * {@link ToolHint#READ_ONLY}. Interrupted when the answer is cancelled, or when the call has taken as long as it may.
     *
     * @param call what the model asks for; its arguments are as the model wrote them
     * @return what the model is told
     * @throws Exception any failure; the model is told its message as a tool error
     */
    ToolResult call(ToolCall call) throws Exception;

    /**
     * As {@link #call(ToolCall)}, for a tool that says how far it is. The runtime calls this one. What is told becomes
     * {@link Event.ToolProgressed}.
     *
     * @param call what the model asks for
     * @param progress to be told of it, from any thread while the call runs; where nobody can say how much is done, the fraction is
     *            {@link Double#NaN}
     * @return what the model is told
     * @throws Exception any failure; the model is told its message as a tool error
     */
    default ToolResult call(ToolCall call, Progress progress) throws Exception {
        return call(call);
    }
}
