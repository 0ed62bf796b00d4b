/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

/**
 * Random numbers by place: the same seed and place give the same number, whatever was drawn before. SplitMix64 (Steele, Lea and
 * Flood, 2014), its counter being the place.
 *
 * @param seed of all of them
 */
record Chance(long seed) {

    /** A number from 0 to 1, 1 left out. */
    double at(int place) {
        long z = seed + (place + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1.0p-53;
    }

    /** Another source, which has nothing to do with this one. */
    Chance other() {
        return new Chance(seed ^ 0xD1B54A32D192ED03L);
    }
}
