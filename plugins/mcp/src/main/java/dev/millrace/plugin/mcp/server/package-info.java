/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The server's side of the Model Context Protocol, in the revisions with sessions (up to 2025-11-25) and without (2026-07-28), over
 * lines and over HTTP. {@link dev.millrace.plugin.mcp.server.Offer} is what is offered.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp.server;
