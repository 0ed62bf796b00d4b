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

    @Option(names = "--greedy", description = "Always take the likeliest token.")
    boolean greedy;

    @Option(names = "--temperature", paramLabel = "T", description = "0 always takes the likeliest token; what the model recommends if not given.")
    @Nullable
    Double temperature;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same answer.")
    @Nullable
    Long seed;

    /** What the model recommends, with what was asked for. */
    Sampling apply(Sampling defaults) {
        Sampling sampling = greedy ? Sampling.greedy() : defaults;
        if (temperature != null) {
            sampling = sampling.withTemperature(temperature);
        }
        return seed == null ? sampling : sampling.withSeed(seed);
    }
}
