/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import org.osgi.annotation.versioning.ConsumerType;

/** Sees the vectors that the matrices of a model are multiplied with, for measuring what matters in them. */
@ConsumerType
@FunctionalInterface
public interface InputObserver {

    /**
     * A matrix is about to be multiplied with a vector. Called on the thread that calls {@link Executor#forward}, once for each
     * matrix and token; for experts only where the router has picked them.
     *
     * @param matrix the name of its {@link dev.millrace.spi.model.Tensor} in the blueprint
     * @param values hold the vector; not to be changed, and valid during the call only
     * @param at index of its first value
     * @param columns how many values it has, as many as the matrix has columns
     */
    void multiplied(String matrix, float[] values, int at, int columns);
}
