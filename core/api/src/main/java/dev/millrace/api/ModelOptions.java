/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.jspecify.annotations.Nullable;

/**
 * How to open a model. Immutable: each {@code with} method returns a changed copy.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param backend a backend or device id as in {@link Device}, or null for the best that fits
 * @param context tokens that one conversation may hold, or 0 for the model's own limit (as far as memory allows)
 * @param threads threads that compute, {@link #MOST_THREADS} at most, or 0 for what suits the machine; more than it has processors
 *            are slower
 * @param precision how far results may be rounded
 * @param keyValues how keys and values are kept; a backend that leaves them to the model's own graph ignores it
 * @param strictness whether calls are held to the schemas of the tools, where a conversation does not say; with
 *            {@link Strictness#AUTO} the system property {@code millrace.strict.NAME} of the model, or else
 *            {@code millrace.strict}, may be {@code on} or {@code off}
 * @param progress told how far loading is
 * @param dialect how answers are read and earlier calls written: the id of a dialect, or null for the one that matches the model; the
 *            system property {@code millrace.dialect.NAME} of the model, or else {@code millrace.dialect}, may name one, too
 */
public record ModelOptions(@Nullable String backend, int context, int threads, Precision precision,
        KeyValueType keyValues, Strictness strictness, Progress progress, @Nullable String dialect) {

    /** The most threads that can be asked for. */
    public static final int MOST_THREADS = 1024;

    private static final ModelOptions DEFAULTS = new ModelOptions(null, 0, 0, Precision.FAST, KeyValueType.AUTO,
            Strictness.AUTO, Progress.NONE, null);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if context is negative, or threads is negative or more than {@link #MOST_THREADS}
     */
    public ModelOptions {
        if (context < 0 || threads < 0 || threads > MOST_THREADS) {
            throw new IllegalArgumentException("context must not be negative and threads must be from 0 to "
                    + MOST_THREADS + ": " + context + ", " + threads);
        }
    }

    /**
     * The dialect that matches the model.
     *
     * @param backend a backend or device id, or null
     * @param context tokens, or 0
     * @param threads threads that compute, or 0
     * @param precision how far results may be rounded
     * @param keyValues how keys and values are kept
     * @param strictness whether calls are held to schemas
     * @param progress told how far loading is
     * @throws IllegalArgumentException if context is negative, or threads is negative or more than {@link #MOST_THREADS}
     */
    public ModelOptions(@Nullable String backend, int context, int threads, Precision precision,
            KeyValueType keyValues, Strictness strictness, Progress progress) {
        this(backend, context, threads, precision, keyValues, strictness, progress, null);
    }

    /**
     * The best backend, the model's own context, threads as suit the machine, {@link Precision#FAST}, {@link KeyValueType#AUTO},
     * {@link Strictness#AUTO}.
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
        return new ModelOptions(id, context, threads, precision, keyValues, strictness, progress, dialect);
    }

    /**
     * With another context.
     *
     * @param tokens tokens that one conversation may hold, or 0 for the model's own limit
     * @return a changed copy
     */
    public ModelOptions withContext(int tokens) {
        return new ModelOptions(backend, tokens, threads, precision, keyValues, strictness, progress, dialect);
    }

    /**
     * With another number of threads.
     *
     * @param count threads that compute, or 0 for what suits the machine
     * @return a changed copy
     */
    public ModelOptions withThreads(int count) {
        return new ModelOptions(backend, context, count, precision, keyValues, strictness, progress, dialect);
    }

    /**
     * With another precision.
     *
     * @param value how far results may be rounded
     * @return a changed copy
     */
    public ModelOptions withPrecision(Precision value) {
        return new ModelOptions(backend, context, threads, value, keyValues, strictness, progress, dialect);
    }

    /**
     * With another type of keys and values.
     *
     * @param type how keys and values are kept
     * @return a changed copy
     */
    public ModelOptions withKeyValues(KeyValueType type) {
        return new ModelOptions(backend, context, threads, precision, type, strictness, progress, dialect);
    }

    /**
     * With another strictness.
     *
     * @param held whether calls are held to the schemas of the tools, where a conversation does not say
     * @return a changed copy
     */
    public ModelOptions withStrictness(Strictness held) {
        return new ModelOptions(backend, context, threads, precision, keyValues, held, progress, dialect);
    }

    /**
     * With another progress listener.
     *
     * @param listener told how far loading is
     * @return a changed copy
     */
    public ModelOptions withProgress(Progress listener) {
        return new ModelOptions(backend, context, threads, precision, keyValues, strictness, listener, dialect);
    }

    /**
     * With another dialect.
     *
     * @param id of a dialect, or null for the one that matches the model
     * @return a changed copy
     */
    public ModelOptions withDialect(@Nullable String id) {
        return new ModelOptions(backend, context, threads, precision, keyValues, strictness, progress, id);
    }
}
