/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.Map;

/** The way to one server. Safe for use from any thread. */
interface Channel extends AutoCloseable {

    /** What a server says without being asked. Called on threads of the channel; must not wait. */
    interface Receiver {

        void told(String method, ObjectNode params);

        /**
         * Answers a question of the server.
         *
         * @throws RpcException if it is refused
         */
        ObjectNode asked(String method, ObjectNode params) throws RpcException;
    }

    /**
     * Asks and waits. If the thread is interrupted or the time is over, the server is told that nobody waits any more.
     *
     * @param headers more headers, where the way has headers
     * @param millis how long to wait
     * @throws RpcException what the server says, or why it says nothing
     */
    ObjectNode request(String method, ObjectNode params, Map<String, String> headers, long millis)
            throws RpcException, InterruptedException;

    /** Tells something and does not wait. */
    void tell(String method, ObjectNode params);

    /** From now on a revision is spoken that begins with a handshake. */
    void agreed(String revision);

    /** Looks after the way from time to time. */
    void look();

    /** Whether the server can be reached as far as is known. */
    boolean isOpen();

    /** What is known of the end, as the end of a sentence. */
    String trouble();

    /** Ends the way, and the server if it was started for it. Waits until that is so. */
    @Override
    void close();
}
