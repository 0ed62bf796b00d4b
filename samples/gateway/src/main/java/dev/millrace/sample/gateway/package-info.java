/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** A simulated gateway as a plugin: its state in memory, and tools that a model can call. */
@org.jspecify.annotations.NullMarked
package dev.millrace.sample.gateway;
