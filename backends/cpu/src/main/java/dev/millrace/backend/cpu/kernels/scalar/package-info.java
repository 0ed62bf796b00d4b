/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Kernels in plain Java, which other kernels are compared with. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.kernels.scalar;
