/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** Decides whether a call may run: rights, limits, a person's consent. Registered for all conversations, or given to one. */
@ConsumerType
@FunctionalInterface
public interface ToolGuard {

    /**
     * Looks at a call before it runs. May wait, for example for a person; interrupted when the answer is cancelled. Called by several
     * conversations at once. A call about which it throws does not run, and the model is told the message as a tool error.
     *
     * @param tool what the model was told of the tool
     * @param call what it asks for
     * @return empty to allow; else why not in a sentence, which the model is told as a tool error
     */
    Optional<String> refuse(ToolDefinition tool, ToolCall call);
}
