/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.time.Duration;

/**
 * Time of one answer, over all its rounds.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param firstToken from sending to the first token
 * @param prefill reading prompts and tool results
 * @param prefillTokens tokens read in that time
 * @param decode generating, without tools
 * @param decodeTokens tokens generated in that time
 * @param tools running tools
 */
public record Timings(Duration firstToken, Duration prefill, int prefillTokens, Duration decode, int decodeTokens,
        Duration tools) {

    /**
     * Speed of reading.
     *
     * @return tokens per second, 0 if nothing was read
     */
    public double prefillTokensPerSecond() {
        return perSecond(prefillTokens, prefill);
    }

    /**
     * Speed of generating.
     *
     * @return tokens per second, 0 if nothing was generated
     */
    public double decodeTokensPerSecond() {
        return perSecond(decodeTokens, decode);
    }

    private static double perSecond(int tokens, Duration time) {
        return time.isZero() ? 0 : tokens * 1e9 / time.toNanos();
    }
}
