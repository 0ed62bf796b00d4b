/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Kernels with the Vector API; loaded only where the module {@code jdk.incubator.vector} is. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.kernels.vector;
