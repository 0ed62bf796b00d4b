/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Tests of both sides of the protocol. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.mcp;
