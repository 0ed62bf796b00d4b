/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What is counted, and how models are, at a small port of its own: for programs that run no server. */
@org.jspecify.annotations.NullMarked
package dev.millrace.plugin.metrics;
