/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.OptionalLong;

/**
 * How the next token is chosen from the logits. Immutable: each {@code with} method returns a changed copy.
 *
 * <p>
 * The steps follow Hugging Face transformers: repetition penalty over all tokens of the context, temperature, top k, top
 * p, min p, then a draw.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param temperature divides the logits; 0 takes the likeliest token always
 * @param topK keep the k likeliest tokens; 0 keeps all
 * @param topP keep the likeliest tokens that together reach this probability, 0 to 1; 1 keeps all
 * @param minP keep tokens at least this likely relative to the likeliest, 0 to 1; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens that occurred, more than 0; 1
 *            changes nothing
 * @param seed the same seed gives the same choices from the same logits; empty takes a new one each time
 */
public record Sampling(double temperature, int topK, double topP, double minP, double repetitionPenalty,
        OptionalLong seed) {

    private static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, OptionalLong.empty());

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public Sampling {
        check(temperature >= 0 && temperature < Double.POSITIVE_INFINITY, "temperature must be 0 or more", temperature);
        check(topK >= 0, "top k must be 0 or more", topK);
        check(topP >= 0 && topP <= 1, "top p must be between 0 and 1", topP);
        check(minP >= 0 && minP <= 1, "min p must be between 0 and 1", minP);
        check(repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY,
                "repetition penalty must be more than 0", repetitionPenalty);
    }

    private static void check(boolean holds, String rule, double value) {
        if (!holds) {
            throw new IllegalArgumentException("Sampling: " + rule + ", not " + value + ".");
        }
    }

    /**
     * The likeliest token always, no penalty.
     *
     * @return greedy sampling
     */
    public static Sampling greedy() {
        return GREEDY;
    }

    /**
     * With another temperature.
     *
     * @param value see {@link #temperature()}
     * @return a changed copy
     */
    public Sampling withTemperature(double value) {
        return new Sampling(value, topK, topP, minP, repetitionPenalty, seed);
    }

    /**
     * With another top k.
     *
     * @param value see {@link #topK()}
     * @return a changed copy
     */
    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, minP, repetitionPenalty, seed);
    }

    /**
     * With another top p.
     *
     * @param value see {@link #topP()}
     * @return a changed copy
     */
    public Sampling withTopP(double value) {
        return new Sampling(temperature, topK, value, minP, repetitionPenalty, seed);
    }

    /**
     * With another min p.
     *
     * @param value see {@link #minP()}
     * @return a changed copy
     */
    public Sampling withMinP(double value) {
        return new Sampling(temperature, topK, topP, value, repetitionPenalty, seed);
    }

    /**
     * With another repetition penalty.
     *
     * @param value see {@link #repetitionPenalty()}
     * @return a changed copy
     */
    public Sampling withRepetitionPenalty(double value) {
        return new Sampling(temperature, topK, topP, minP, value, seed);
    }

    /**
     * With a fixed seed.
     *
     * @param value see {@link #seed()}
     * @return a changed copy
     */
    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, OptionalLong.of(value));
    }
}
