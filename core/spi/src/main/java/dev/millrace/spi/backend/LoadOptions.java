/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;

/**
 * How a backend loads a model.
 *
 * @param context tokens that one sequence may hold at most, 1 or more
 * @param threads threads that compute, {@link ModelOptions#MOST_THREADS} at most, or 0 for what suits the machine, which is one per core
 * @param precision how far results may be rounded
 * @param keyValues how keys and values are kept; a backend whose programs fix that themselves ignores it and documents so
 */
public record LoadOptions(int context, int threads, Precision precision, KeyValueType keyValues) {

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if context is not positive, or threads is negative or too many
     */
    public LoadOptions {
        if (context < 1 || threads < 0 || threads > ModelOptions.MOST_THREADS) {
            throw new IllegalArgumentException("context must be 1 or more and threads from 0 to "
                    + ModelOptions.MOST_THREADS + ": " + context + ", " + threads);
        }
    }

    /**
     * With keys and values as the backend finds suitable.
     *
     * @param context tokens that one sequence may hold at most, 1 or more
     * @param threads threads that compute, or 0 for what suits the machine
     * @param precision how far results may be rounded
     */
    public LoadOptions(int context, int threads, Precision precision) {
        this(context, threads, precision, KeyValueType.AUTO);
    }
}
