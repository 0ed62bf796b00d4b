/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.protocol;

/** Keys of {@code _meta} that revision 2026-07-28 gives a meaning. */
public final class Meta {

    private static final String PREFIX = "io.modelcontextprotocol/";

    /** The revision of a request. */
    public static final String VERSION = PREFIX + "protocolVersion";
    /** What a client can do. */
    public static final String CAPABILITIES = PREFIX + "clientCapabilities";
    /** Who asks. */
    public static final String CLIENT = PREFIX + "clientInfo";
    /** Who answers. */
    public static final String SERVER = PREFIX + "serverInfo";
    /** The least level of log messages that are wanted. */
    public static final String LEVEL = PREFIX + "logLevel";
    /** The request for changes that a message belongs to. */
    public static final String SUBSCRIPTION = PREFIX + "subscriptionId";

    private Meta() {
    }
}
