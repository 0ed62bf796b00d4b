/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The inner loops: what each set of kernels does, and the memory that it works in. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.kernels;
