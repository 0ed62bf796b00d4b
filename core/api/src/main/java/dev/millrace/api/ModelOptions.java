/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.jspecify.annotations.Nullable;

/**
 * How to open a model. Immutable: each {@code with} method returns a changed copy.
 *
 * @param backend a backend or device id as in {@link Device}, or null for the best that fits
 * @param context tokens that one conversation may hold, or 0 for the model's own limit (as far as memory allows)
 * @param threads threads that compute, or 0 for what suits the machine
 * @param precision how far results may be rounded
 * @param progress told how far loading is
 */
public record ModelOptions(@Nullable String backend, int context, int threads, Precision precision, Progress progress) {

    private static final ModelOptions DEFAULTS = new ModelOptions(null, 0, 0, Precision.FAST, Progress.NONE);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if context or threads is negative
     */
    public ModelOptions {
        if (context < 0 || threads < 0) {
            throw new IllegalArgumentException("context and threads must not be negative: " + context + ", " + threads);
        }
    }

    /**
     * The best backend, the model's own context, threads as suit the machine, {@link Precision#FAST}.
     *
     * @return the defaults
     */
    public static ModelOptions defaults() {
        return DEFAULTS;
    }

    /**
     * With another backend.
     *
     * @param id a backend or device id, or null for the best that fits
     * @return a changed copy
     */
    public ModelOptions withBackend(@Nullable String id) {
        return new ModelOptions(id, context, threads, precision, progress);
    }

    /**
     * With another context.
     *
     * @param tokens tokens that one conversation may hold, or 0 for the model's own limit
     * @return a changed copy
     */
    public ModelOptions withContext(int tokens) {
        return new ModelOptions(backend, tokens, threads, precision, progress);
    }

    /**
     * With another number of threads.
     *
     * @param count threads that compute, or 0 for what suits the machine
     * @return a changed copy
     */
    public ModelOptions withThreads(int count) {
        return new ModelOptions(backend, context, count, precision, progress);
    }

    /**
     * With another precision.
     *
     * @param value how far results may be rounded
     * @return a changed copy
     */
    public ModelOptions withPrecision(Precision value) {
        return new ModelOptions(backend, context, threads, value, progress);
    }

    /**
     * With another progress listener.
     *
     * @param listener told how far loading is
     * @return a changed copy
     */
    public ModelOptions withProgress(Progress listener) {
        return new ModelOptions(backend, context, threads, precision, listener);
    }
}
