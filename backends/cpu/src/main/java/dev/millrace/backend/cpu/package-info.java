/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Runs blueprints on the processor, in plain Java: {@link dev.millrace.backend.cpu.CpuBackend} loads a blueprint into a
 * network of matrices that lie in the mapped file, and an executor that computes batches of tokens with an scratch pool of
 * threads.
 */
@org.jspecify.annotations.NullMarked
package dev.millrace.backend.cpu;
