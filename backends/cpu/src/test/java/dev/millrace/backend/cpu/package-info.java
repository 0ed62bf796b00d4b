/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** Tests of the CPU backend: kernels against plain definitions, executors against a plain reference model and golden data. */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu;
