/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Weights as kernels want them: how they are packed, and the files that keep packed copies. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu.weights;
