/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The threads of one executor, which scratch nothing else and know nobody. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.threads;
