/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** JSON-RPC 2.0 without knowledge of what is asked: messages, errors, lines, and requests that wait for their answers. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp.rpc;
