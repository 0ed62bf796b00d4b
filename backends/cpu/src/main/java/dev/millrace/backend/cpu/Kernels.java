/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * The inner loops, once for SIMD and once in plain Java. Stateless and safe for use from any thread.
 *
 * <p>
 * Every result is computed in an order that depends on nothing but the lengths of the vectors: not on what else is computed
 * in the same call, and not on whether the code is compiled yet. So results do not depend on the number of threads or on how
 * tokens are grouped.
 */
sealed interface Kernels permits ScalarKernels, VectorKernels {

    /** Floats of working memory that {@link #dots} needs. */
    int LANES = 16 * 16;

    /** What this is, for people. */
    String description();

    /**
     * The decoder of a type.
     *
     * @return null if weights of this type are converted when they are loaded
     */
    @Nullable
    Unpacker unpacker(TensorType type);

    /**
     * Products of rows of weights with vectors: {@code y[first + i][row] = w[row] . x[first + i]}.
     *
     * @param w weights
     * @param from index of the first row's first weight
     * @param stride from a row to the next
     * @param rows rows of weights
     * @param n length of a row and of a vector of x
     * @param x vectors
     * @param y results; element {@code at + row} of each vector is written
     * @param at where the first row's result goes
     * @param first first vector of x and y
     * @param count vectors
     * @param lanes working memory, {@link #LANES} floats, of this thread
     */
    void dots(float[] w, int from, int stride, int rows, int n, Rows x, Rows y, int at, int first, int count,
            float[] lanes);

    /** The inner loop of attention. */
    AttentionKernels attention();

    /** {@code gate[i] = silu(gate[i]) * up[i]} for n values, both from an index on. */
    void gate(float[] gate, int gateAt, float[] up, int upAt, int n);
}
