/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.scalar;

/** Activation functions of single values, by additions and multiplications alone, so that SIMD lanes give the same bits. */
public final class ScalarActivations {

    /** Binary logarithm of e. */
    public static final float LOG2_E = 1.442695f;
    /** The natural logarithm of 2, its first digits. */
    public static final float LN2_HIGH = 0.6933594f;
    /** The rest of it. */
    public static final float LN2_LOW = -2.1219444e-4f;
    /** Adding it rounds to an integer: 1.5 * 2^23. */
    public static final float ROUND = 12_582_912f;
    /** A polynomial for {@code (e^r - 1 - r) / r^2} where r is at most half of ln 2 (Cephes, {@code expf}). */
    public static final float C0 = 0.5f;
    /** See {@link #C0}. */
    public static final float C1 = 1.6666666e-1f;
    /** See {@link #C0}. */
    public static final float C2 = 4.1665796e-2f;
    /** See {@link #C0}. */
    public static final float C3 = 8.333452e-3f;
    /** See {@link #C0}. */
    public static final float C4 = 1.3981999e-3f;
    /** See {@link #C0}. */
    public static final float C5 = 1.9875691e-4f;

    /** {@code 2 * sqrt(2 / pi)}. */
    public static final float GELU = 1.5957692f;
    /** The cubic term of GELU in its tanh form, times {@link #GELU}. */
    public static final float GELU_CUBIC = 0.044715f * GELU;

    private ScalarActivations() {
    }

    /** {@code x * sigmoid(x)}. */
    public static float silu(float x) {
        return x / (1 + exp(-x));
    }

    /** {@code x / 2 * (1 + tanh(z))}, which is {@code x * sigmoid(2 z)}. */
    public static float gelu(float x) {
        return x / (1 + exp(-(x * x * x * GELU_CUBIC + x * GELU)));
    }

    /** See {@code Activation.ClampedSwiglu}. */
    public static float clampedSwiglu(float alpha, float limit, float gate, float up) {
        float g = Math.min(gate, limit);
        return g / (1 + exp(-(g * alpha))) * (Math.max(-limit, Math.min(limit, up)) + 1);
    }

    /** The hyperbolic tangent, to {@code 1.2e-7}. */
    public static float tanh(float x) {
        return 1 - 2 / (1 + exp(x * 2));
    }

    /**
     * {@code e^x} to about two units in the last place. The range is cut at both ends, where the result would not be a normal
     * float.
     */
    public static float exp(float x) {
        float cut = Math.max(-87f, Math.min(88f, x));
        float k = cut * LOG2_E + ROUND - ROUND;
        float r = cut - k * LN2_HIGH - k * LN2_LOW;
        float p = C5;
        p = p * r + C4;
        p = p * r + C3;
        p = p * r + C2;
        p = p * r + C1;
        p = p * r + C0;
        p = p * r * r + r + 1;
        return p * Float.intBitsToFloat(((int) k + 127) << 23);
    }
}
