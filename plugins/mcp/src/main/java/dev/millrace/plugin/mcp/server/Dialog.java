/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.RpcException;

/** The way back to the client while one of its requests is answered. Used by the thread that answers. */
interface Dialog {

    /** A name for who asks. */
    String caller();

    /** What the client can do. */
    ObjectNode capabilities();

    /** Whether the client wants log messages of this level; {@code notice} for example. */
    boolean wantsLog(String level);

    /** Tells the client something that belongs to its request. */
    void tell(String method, ObjectNode params) throws InterruptedException;

    /**
     * Asks the client something, if the revision has it.
     *
     * @throws RpcException what the client says instead of a result
     */
    ObjectNode ask(String method, ObjectNode params) throws RpcException, InterruptedException;
}
