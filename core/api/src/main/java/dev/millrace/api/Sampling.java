/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How the next token is chosen from the logits. Immutable: each {@code with} method returns a changed copy.
 *
 * <p>
 * The stages, each on what the one before has left: penalties, top k, temperature, typical p, top p, min p, exclusion of top choices,
 * then a draw. Where only the settings of Hugging Face transformers are used, the tokens and their probabilities are those that
 * transformers draws from.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param temperature divides the logits; 0 takes the likeliest token always
 * @param topK keep the k likeliest tokens; 0 keeps all
 * @param topP keep the likeliest tokens that together reach this probability, 0 to 1; 1 keeps all
 * @param minP keep tokens at least this likely relative to the likeliest, 0 to 1; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens that occurred in prompt or answer, more than 0;
 *            1 changes nothing
 * @param seed the same seed gives the same choices from the same logits; empty takes a new one each time
 * @param variety rarer ways to decide
 * @param penalties what makes single tokens less or more likely
 */
public record Sampling(double temperature, int topK, double topP, double minP, double repetitionPenalty,
        OptionalLong seed, Variety variety, Penalties penalties) {

    private static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, OptionalLong.empty());

    /**
     * The usual settings alone.
     *
     * @param temperature see {@link #temperature()}
     * @param topK see {@link #topK()}
     * @param topP see {@link #topP()}
     * @param minP see {@link #minP()}
     * @param repetitionPenalty see {@link #repetitionPenalty()}
     * @param seed see {@link #seed()}
     * @throws IllegalArgumentException if a value is out of range
     */
    public Sampling(double temperature, int topK, double topP, double minP, double repetitionPenalty,
            OptionalLong seed) {
        this(temperature, topK, topP, minP, repetitionPenalty, seed, Variety.NONE, Penalties.NONE);
    }

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public Sampling {
        Ranges.check(temperature >= 0 && temperature < Double.POSITIVE_INFINITY, "temperature must be 0 or more",
                temperature);
        Ranges.check(topK >= 0, "top k must be 0 or more", topK);
        Ranges.check(topP >= 0 && topP <= 1, "top p must be between 0 and 1", topP);
        Ranges.check(minP >= 0 && minP <= 1, "min p must be between 0 and 1", minP);
        Ranges.check(repetitionPenalty > 0 && repetitionPenalty < Double.POSITIVE_INFINITY,
                "repetition penalty must be more than 0", repetitionPenalty);
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
        return new Sampling(value, topK, topP, minP, repetitionPenalty, seed,
                variety, penalties);
    }

    /**
     * With another top k.
     *
     * @param value see {@link #topK()}
     * @return a changed copy
     */
    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, minP, repetitionPenalty, seed,
                variety, penalties);
    }

    /**
     * With another top p.
     *
     * @param value see {@link #topP()}
     * @return a changed copy
     */
    public Sampling withTopP(double value) {
        return new Sampling(temperature, topK, value, minP, repetitionPenalty, seed,
                variety, penalties);
    }

    /**
     * With another min p.
     *
     * @param value see {@link #minP()}
     * @return a changed copy
     */
    public Sampling withMinP(double value) {
        return new Sampling(temperature, topK, topP, value, repetitionPenalty, seed,
                variety, penalties);
    }

    /**
     * With another repetition penalty.
     *
     * @param value see {@link #repetitionPenalty()}
     * @return a changed copy
     */
    public Sampling withRepetitionPenalty(double value) {
        return new Sampling(temperature, topK, topP, minP, value, seed,
                variety, penalties);
    }

    /**
     * With a fixed seed.
     *
     * @param value see {@link #seed()}
     * @return a changed copy
     */
    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, OptionalLong.of(value),
                variety, penalties);
    }

    /**
     * With rarer ways to decide.
     *
     * @param value see {@link #variety()}
     * @return a changed copy
     */
    public Sampling withVariety(Variety value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed, value, penalties);
    }

    /**
     * With a temperature that goes with the entropy.
     *
     * @param range see {@link Variety#temperatureRange()}
     * @param exponent see {@link Variety#temperatureExponent()}
     * @return a changed copy
     */
    public Sampling withDynamicTemperature(double range, double exponent) {
        return withVariety(new Variety(range, exponent, variety.typicalP(), variety.xtcProbability(),
                variety.xtcThreshold()));
    }

    /**
     * With another typical p.
     *
     * @param value see {@link Variety#typicalP()}
     * @return a changed copy
     */
    public Sampling withTypicalP(double value) {
        return withVariety(new Variety(variety.temperatureRange(), variety.temperatureExponent(), value,
                variety.xtcProbability(), variety.xtcThreshold()));
    }

    /**
     * With exclusion of top choices.
     *
     * @param probability see {@link Variety#xtcProbability()}
     * @param threshold see {@link Variety#xtcThreshold()}
     * @return a changed copy
     */
    public Sampling withXtc(double probability, double threshold) {
        return withVariety(new Variety(variety.temperatureRange(), variety.temperatureExponent(), variety.typicalP(),
                probability, threshold));
    }

    /**
     * With other penalties.
     *
     * @param value see {@link #penalties()}
     * @return a changed copy
     */
    public Sampling withPenalties(Penalties value) {
        return new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed, variety, value);
    }

    /**
     * With another presence penalty.
     *
     * @param value see {@link Penalties#presence()}
     * @return a changed copy
     */
    public Sampling withPresencePenalty(double value) {
        return withPenalties(new Penalties(value, penalties.frequency(), penalties.window(), penalties.dry(),
                penalties.bias(), penalties.bannedTexts()));
    }

    /**
     * With another frequency penalty.
     *
     * @param value see {@link Penalties#frequency()}
     * @return a changed copy
     */
    public Sampling withFrequencyPenalty(double value) {
        return withPenalties(new Penalties(penalties.presence(), value, penalties.window(), penalties.dry(),
                penalties.bias(), penalties.bannedTexts()));
    }

    /**
     * With another window of the repetition, presence and frequency penalties.
     *
     * @param tokens see {@link Penalties#window()}
     * @return a changed copy
     */
    public Sampling withPenaltyWindow(int tokens) {
        return withPenalties(new Penalties(penalties.presence(), penalties.frequency(), tokens, penalties.dry(),
                penalties.bias(), penalties.bannedTexts()));
    }

    /**
     * With another penalty on repeated sequences.
     *
     * @param value see {@link Penalties#dry()}
     * @return a changed copy
     */
    public Sampling withDry(Penalties.Dry value) {
        return withPenalties(new Penalties(penalties.presence(), penalties.frequency(), penalties.window(), value,
                penalties.bias(), penalties.bannedTexts()));
    }

    /**
     * With other biases.
     *
     * @param byToken see {@link Penalties#bias()}
     * @return a changed copy
     */
    public Sampling withLogitBias(Map<Integer, Double> byToken) {
        return withPenalties(new Penalties(penalties.presence(), penalties.frequency(), penalties.window(),
                penalties.dry(), byToken, penalties.bannedTexts()));
    }

    /**
     * With other banned texts.
     *
     * @param texts see {@link Penalties#bannedTexts()}
     * @return a changed copy
     */
    public Sampling withBannedTexts(List<String> texts) {
        return withPenalties(new Penalties(penalties.presence(), penalties.frequency(), penalties.window(),
                penalties.dry(), penalties.bias(), texts));
    }
}
