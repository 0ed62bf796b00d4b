/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * Rarer ways to decide how much chance has to say. Immutable.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param temperatureRange the temperature goes with the entropy of the tokens that top k leaves, from temperature minus range where
 *            one token is certain to temperature plus range where all are equal (dynamic temperature); 0 keeps it fixed
 * @param temperatureExponent of the entropy, relative to the largest possible, in that; more than 0
 * @param typicalP keep the tokens whose surprise is nearest to the expected one until they reach this probability (Meister et al.,
 *            2023), 0 to 1; 1 keeps all
 * @param xtcProbability how often, of all tokens, the likeliest are left out in favour of the least of them (exclude top choices),
 *            0 to 1; 0 never
 * @param xtcThreshold tokens at least this likely are top choices, 0 to 1; more than 0.5 changes nothing
 */
public record Variety(double temperatureRange, double temperatureExponent, double typicalP, double xtcProbability,
        double xtcThreshold) {

    /** No such thing. */
    public static final Variety NONE = new Variety(0, 1, 1, 0, 0.1);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public Variety {
        Ranges.check(temperatureRange >= 0 && Double.isFinite(temperatureRange),
                "the range of the temperature must be 0 or more", temperatureRange);
        Ranges.check(temperatureExponent > 0 && Double.isFinite(temperatureExponent),
                "the exponent of the temperature must be more than 0", temperatureExponent);
        Ranges.check(typicalP >= 0 && typicalP <= 1, "typical p must be between 0 and 1", typicalP);
        Ranges.check(xtcProbability >= 0 && xtcProbability <= 1, "the XTC probability must be between 0 and 1",
                xtcProbability);
        Ranges.check(xtcThreshold >= 0 && xtcThreshold <= 1, "the XTC threshold must be between 0 and 1",
                xtcThreshold);
    }
}
