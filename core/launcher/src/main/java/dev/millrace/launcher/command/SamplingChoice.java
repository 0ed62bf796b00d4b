/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Sampling;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say how tokens are chosen. Mixed into commands. */
final class SamplingChoice {

    @Option(names = "--greedy", description = "Take the likeliest token always.")
    boolean greedy;

    @Option(names = "--temperature", paramLabel = "T", description = "0 for the likeliest token always; the model's own if not given.")
    @Nullable
    Double temperature;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same answer.")
    @Nullable
    Long seed;

    /** The model's own sampling with what was asked for. */
    Sampling apply(Sampling defaults) {
        Sampling sampling = greedy ? Sampling.greedy() : defaults;
        if (temperature != null) {
            sampling = sampling.withTemperature(temperature);
        }
        return seed == null ? sampling : sampling.withSeed(seed);
    }
}
