/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * How the client proves to a server at an address that it may come in: OAuth 2.1 as the protocol uses it. Documents are fetched and
 * checked, tokens asked for, kept and renewed. What a server says here decides where secrets go, so it is trusted least of all.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp.oauth;
