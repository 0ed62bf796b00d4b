/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Told of every call of a tool, for logs and audits. Registered as a service. Called on the thread that runs the tool, by several
 * conversations at once.
 */
@ConsumerType
public interface ToolListener {

    /**
     * A call is about to run; everybody has allowed it. If this throws, it does not run: what has to be recorded and cannot be, does
     * not happen.
     *
     * @param request what runs, with the arguments that it runs with
     */
    default void starting(ToolRequest request) {
    }

    /**
     * A call is over. What this throws is written to the log and changes nothing.
     *
     * @param report what came of it
     */
    void ended(ToolReport report);
}
