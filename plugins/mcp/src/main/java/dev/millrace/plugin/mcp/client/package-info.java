/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The client's side of the Model Context Protocol: servers are started or called, watched, and their tools become tools of the
 * runtime. Nothing that comes from a server is trusted.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp.client;
