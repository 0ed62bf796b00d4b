/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;

/**
 * How a backend loads a model. Immutable; each {@code with} method returns a changed copy, and minor versions may add more.
 */
public final class LoadOptions {

    private final int context;
    private final int threads;
    private final Precision precision;
    private final KeyValueType keyValues;
    private final String identity;

    private LoadOptions(int context, int threads, Precision precision, KeyValueType keyValues, String identity) {
        if (context < 1 || threads < 0 || threads > ModelOptions.MOST_THREADS) {
            throw new IllegalArgumentException("context must be 1 or more and threads from 0 to "
                    + ModelOptions.MOST_THREADS + ": " + context + ", " + threads);
        }
        this.context = context;
        this.threads = threads;
        this.precision = precision;
        this.keyValues = keyValues;
        this.identity = identity;
    }

    /**
     * As suits the machine, in {@link Precision#FAST}.
     *
     * @param context tokens that one sequence may hold at most, 1 or more
     * @return the options
     * @throws IllegalArgumentException if context is not positive
     */
    public static LoadOptions of(int context) {
        return new LoadOptions(context, 0, Precision.FAST, KeyValueType.AUTO, "");
    }

    /**
     * With another context.
     *
     * @param tokens see {@link #context()}
     * @return a changed copy
     * @throws IllegalArgumentException if it is not positive
     */
    public LoadOptions withContext(int tokens) {
        return new LoadOptions(tokens, threads, precision, keyValues, identity);
    }

    /**
     * With another number of threads.
     *
     * @param count see {@link #threads()}
     * @return a changed copy
     * @throws IllegalArgumentException if it is negative or too large
     */
    public LoadOptions withThreads(int count) {
        return new LoadOptions(context, count, precision, keyValues, identity);
    }

    /**
     * With another precision.
     *
     * @param value see {@link #precision()}
     * @return a changed copy
     */
    public LoadOptions withPrecision(Precision value) {
        return new LoadOptions(context, threads, value, keyValues, identity);
    }

    /**
     * With another type of keys and values.
     *
     * @param type see {@link #keyValues()}
     * @return a changed copy
     */
    public LoadOptions withKeyValues(KeyValueType type) {
        return new LoadOptions(context, threads, precision, type, identity);
    }

    /**
     * With the identity of the model.
     *
     * @param text see {@link #identity()}
     * @return a changed copy
     */
    public LoadOptions withIdentity(String text) {
        return new LoadOptions(context, threads, precision, keyValues, text);
    }

    /**
     * Tokens that one sequence may hold.
     *
     * @return 1 or more
     */
    public int context() {
        return context;
    }

    /**
     * Threads that compute.
     *
     * @return {@link ModelOptions#MOST_THREADS} at most, or 0 for what suits the machine, which is one per core
     */
    public int threads() {
        return threads;
    }

    /**
     * How far results may be rounded.
     *
     * @return the precision
     */
    public Precision precision() {
        return precision;
    }

    /**
     * How keys and values are kept. A backend whose programs fix that themselves ignores it and documents so.
     *
     * @return the type
     */
    public KeyValueType keyValues() {
        return keyValues;
    }

    /**
     * The identity of the files that the model's numbers come from: {@link dev.millrace.spi.model.ModelIdentity}. A backend that
     * keeps something of a model for later starts has it in the key.
     *
     * @return empty if it is not known, or if the program is a graph, whose backend takes that of the variant it loads
     */
    public String identity() {
        return identity;
    }

    @Override
    public String toString() {
        return "LoadOptions[context=" + context + ", threads=" + threads + ", precision=" + precision + ", keyValues="
                + keyValues + "]";
    }
}
