/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The record of calls of tools, one JSON object a line. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.policy.audit;
