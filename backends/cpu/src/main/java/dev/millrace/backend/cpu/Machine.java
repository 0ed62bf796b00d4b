/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

/**
 * What the parts of all layers compute with.
 *
 * @param kernels inner loops
 * @param workers threads
 * @param products matrix products
 * @param buffers activations
 * @param attention working memory of attention
 */
record Machine(Kernels kernels, Workers workers, Products products, Buffers buffers, AttentionMemory attention) {
}
