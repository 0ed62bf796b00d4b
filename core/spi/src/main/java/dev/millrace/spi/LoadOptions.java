/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi;

import dev.millrace.api.Precision;

/**
 * How a backend loads a model.
 *
 * @param context tokens that one sequence may hold at most, 1 or more
 * @param threads threads that compute, or 0 for what suits the machine
 * @param precision how far results may be rounded
 */
public record LoadOptions(int context, int threads, Precision precision) {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if context is not positive or threads is negative
     */
    public LoadOptions {
        if (context < 1 || threads < 0) {
            throw new IllegalArgumentException(
                    "context must be 1 or more and threads 0 or more: " + context + ", " + threads);
        }
    }
}
