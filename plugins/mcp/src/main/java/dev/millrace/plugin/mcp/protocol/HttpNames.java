/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Headers of HTTP, most of which repeat parts of the body for those who look at requests on their way. */
public final class HttpNames {

    /** The session; revisions up to 2025-11-25. */
    public static final String SESSION = "Mcp-Session-Id";
    /** The revision. */
    public static final String VERSION = "MCP-Protocol-Version";
    /** The method. */
    public static final String METHOD = "Mcp-Method";
    /** The tool, prompt or resource. */
    public static final String NAME = "Mcp-Name";
    /** Begins the names of headers for arguments of tools. */
    public static final String PARAM = "Mcp-Param-";
    /** Says in the schema of an argument that it is repeated in a header. */
    public static final String MARK = "x-mcp-header";
    /** Begins a value that is written in base 64. */
    public static final String ENCODED = "=?base64?";
    /** Ends a value that is written in base 64. */
    public static final String ENCODED_END = "?=";
    /** The type of one message. */
    public static final String JSON = "application/json";
    /** The type of messages that come one after the other. */
    public static final String EVENTS = "text/event-stream";

    private HttpNames() {
    }

    /** The field of the parameters that {@link #NAME} repeats. */
    public static Optional<String> named(String method) {
        return switch (method) {
            case "tools/call", "prompts/get" -> Optional.of("name");
            case "resources/read" -> Optional.of("uri");
            default -> Optional.empty();
        };
    }

    /** Whether a header can have it as it is. */
    public static boolean isPlain(String value) {
        return value.chars().allMatch(c -> (c >= 0x20 && c < 0x7f) || c == '\t');
    }

    /** A value as it is written into a header: plain if it can be, else in base 64. */
    public static String encoded(String value) {
        boolean plain = isPlain(value) && value.equals(value.strip()) && !value.isEmpty()
                && !(value.startsWith(ENCODED) && value.endsWith(ENCODED_END));
        return plain
                ? value
                : ENCODED + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)) + ENCODED_END;
    }
}
