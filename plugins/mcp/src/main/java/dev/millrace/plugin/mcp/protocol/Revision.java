/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.protocol;

import java.util.List;

/** Revisions of the protocol that are spoken here. */
public final class Revision {

    /** The newest that begins with a handshake. */
    public static final String WITH_SESSIONS = "2025-11-25";
    /** The one in which each request stands for itself. */
    public static final String STATELESS = "2026-07-28";
    /** All that begin with a handshake, the newest first. */
    public static final List<String> ALL_WITH_SESSIONS = List.of(WITH_SESSIONS, "2025-06-18", "2025-03-26",
            "2024-11-05");
    /** All, the newest first. */
    public static final List<String> ALL = List.of(STATELESS, WITH_SESSIONS, "2025-06-18", "2025-03-26",
            "2024-11-05");

    private Revision() {
    }
}
