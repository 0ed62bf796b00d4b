/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/**
 * Passes on the log messages of a server: warnings and worse are seen, all others by those who ask for them. A server that writes too many
 * is not listened to for a while. Safe for use from any thread.
 */
final class ServerWords {

    private static final int MOST = 10;
    private static final long WHILE = Duration.ofMinutes(1).toNanos();

    private final System.Logger log;
    private final String name;
    private long begun = System.nanoTime();
    private int seen;

    ServerWords(String name) {
        this.log = System.getLogger("dev.millrace.mcp." + ToolNames.valid(name));
        this.name = name;
    }

    void told(ObjectNode params) {
        System.Logger.Level level = switch (params.path("level").asText()) {
            case "warning", "error", "critical", "alert", "emergency" -> System.Logger.Level.WARNING;
            default -> System.Logger.Level.DEBUG;
        };
        if (level == System.Logger.Level.WARNING && !mayBeSeen()) {
            level = System.Logger.Level.DEBUG;
        }
        JsonNode data = params.path("data");
        if (log.isLoggable(level)) {
            log.log(level, "{0} says: {1}", name,
                    Untrusted.line(data.isTextual() ? data.textValue() : data.toString()));
        }
    }

    private synchronized boolean mayBeSeen() {
        long now = System.nanoTime();
        if (now - begun > WHILE) {
            begun = now;
            seen = 0;
        }
        return ++seen <= MOST;
    }
}
