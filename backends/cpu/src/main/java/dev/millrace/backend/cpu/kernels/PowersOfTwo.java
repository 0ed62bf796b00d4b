/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

/** Powers of two, as the weights of a softmax are computed. */
public final class PowersOfTwo {

    /** Binary logarithm of e. */
    public static final float LOG2_E = 1.442695f;
    /** Adding it rounds to an integer: 1.5 * 2^23. */
    public static final float ROUND = 12_582_912f;
    /** This power is zero, and those below it are. Those down to the end of the normal floats, one above it, are exact enough. */
    public static final float LOWEST = -127;
    /** A polynomial for {@code (2^f - 1) / f} where f is at most a half, to {@code 1.1e-7} of {@code 2^f}. */
    public static final float C1 = 0.693147f;
    /** See {@link #C1}. */
    public static final float C2 = 0.24022242f;
    /** See {@link #C1}. */
    public static final float C3 = 0.055507336f;
    /** See {@link #C1}. */
    public static final float C4 = 0.009671513f;
    /** See {@link #C1}. */
    public static final float C5 = 0.0013264727f;

    private PowersOfTwo() {
    }

    /**
     * {@code 2^x} for x of 0 or less, to about two units in the last place, by plain operations, so that compiled code and
     * interpreted code give the same bits.
     */
    public static float exp2(float x) {
        float cut = Math.max(LOWEST, x);
        float shifted = cut + ROUND;
        float f = cut - (shifted - ROUND);
        float p = C5;
        p = p * f + C4;
        p = p * f + C3;
        p = p * f + C2;
        p = p * f + C1;
        p = p * f + 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
