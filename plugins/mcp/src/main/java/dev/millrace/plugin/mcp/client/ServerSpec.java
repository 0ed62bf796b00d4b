/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import dev.millrace.plugin.mcp.oauth.SignIn;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A server as a configuration names it: a program to be started, or an address.
 *
 * @param name of the server, unique in its file
 * @param command the program and its arguments; empty if it has an address
 * @param environment what the program gets besides the few variables that every program gets
 * @param directory where the program runs; empty for here
 * @param url the address; empty if it is started
 * @param headers for each request to the address
 * @param patience how long a call may take
 * @param questions what is done when the server asks something
 * @param signIn how to come into the address
 */
record ServerSpec(String name, List<String> command, Map<String, String> environment, String directory, String url,
        Map<String, String> headers, Duration patience, Questions questions, SignIn signIn) {

    ServerSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        headers = Map.copyOf(headers);
    }

    /** What makes it this server and no other, for approvals. */
    String identity() {
        return url.isEmpty() ? String.join("\u0000", command) : url;
    }

    /** Variables and headers may hold secrets. */
    @Override
    public String toString() {
        return name + " (" + (url.isEmpty() ? command.getFirst() : url) + ")";
    }
}
