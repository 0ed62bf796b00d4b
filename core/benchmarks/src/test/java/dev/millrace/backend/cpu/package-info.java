/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Benchmarks that look inside. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu;
