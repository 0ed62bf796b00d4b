/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What the runtime offers to clients of the Model Context Protocol: its tools, its models, and what it says of itself. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp.runtime;
