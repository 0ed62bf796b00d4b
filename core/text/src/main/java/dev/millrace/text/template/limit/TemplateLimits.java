/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.limit;

import java.time.Duration;

/**
 * What one rendering may use. A template comes with a model file and is not trusted.
 *
 * @param steps expressions and statements evaluated, and elements touched by builtins
 * @param characters length of the longest string, the output included
 * @param totalCharacters length of all strings made on the way, summed up, and 32 for each element of a list; bounds memory
 * @param depth nesting of evaluation; macros that call themselves, and nested values
 * @param time how long it may take
 */
public record TemplateLimits(long steps, int characters, long totalCharacters, int depth, Duration time) {

    /** Enough for a conversation that fills a context of 131 072 tokens; refused long before memory runs out. */
    public static final TemplateLimits DEFAULT = new TemplateLimits(20_000_000, 8_000_000, 64_000_000, 800,
            Duration.ofSeconds(10));

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is not positive
     */
    public TemplateLimits {
        if (steps <= 0 || characters <= 0 || totalCharacters <= 0 || depth <= 0 || !time.isPositive()) {
            throw new IllegalArgumentException("Limits must be positive.");
        }
    }
}
