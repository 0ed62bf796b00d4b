/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The Model Context Protocol, on both sides: the runtime as a server for other programs, and the tools of other servers for models.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp;
