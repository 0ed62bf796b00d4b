/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.threads.Workers;

/**
 * What the parts of all layers compute with.
 *
 * @param kernels inner loops
 * @param workers threads
 * @param matmul products of matrices
 * @param buffers activations
 * @param attention working memory of attention
 */
public record Resources(Kernels kernels, Workers workers, Matmul matmul, Buffers buffers, AttentionMemory attention) {
}
