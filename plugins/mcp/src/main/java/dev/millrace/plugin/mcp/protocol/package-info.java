/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What both sides of the Model Context Protocol have in common. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp.protocol;
