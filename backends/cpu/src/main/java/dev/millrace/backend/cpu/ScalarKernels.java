/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import org.jspecify.annotations.Nullable;

/** Plain Java: needs no flag, and is what the SIMD kernels are compared with. */
final class ScalarKernels implements Kernels {

    static final float LOG2_E = 1.442695f;
    static final float LN2_HIGH = 0.6933594f;
    static final float LN2_LOW = -2.1219444e-4f;
    static final float ROUND = 12_582_912f; // 1.5 * 2^23: adding it rounds to an integer
    /** A polynomial for {@code (e^r - 1 - r) / r^2} where r is at most half of ln 2 (Cephes, {@code expf}). */
    static final float C0 = 0.5f;
    static final float C1 = 1.6666666e-1f;
    static final float C2 = 4.1665796e-2f;
    static final float C3 = 8.333452e-3f;
    static final float C4 = 1.3981999e-3f;
    static final float C5 = 1.9875691e-4f;

    private final AttentionKernels attention = new ScalarAttention();

    @Override
    public AttentionKernels attention() {
        return attention;
    }

    @Override
    public String description() {
        return "plain Java";
    }

    @Override
    public @Nullable Unpacker unpacker(TensorType type) {
        return ScalarUnpacking.of(type);
    }

    @Override
    public void dots(float[] w, int from, int stride, int rows, int n, Rows x, Rows y, int at, int first, int count,
            float[] lanes) {
        for (int i = first; i < first + count; i++) {
            float[] vector = x.array(i);
            int offset = x.offset(i);
            float[] result = y.array(i);
            int to = y.offset(i) + at;
            int row = 0;
            for (; row + 4 <= rows; row += 4) {
                dot4(w, from + row * stride, stride, n, vector, offset, result, to + row);
            }
            for (; row < rows; row++) {
                result[to + row] = dot(w, from + row * stride, n, vector, offset);
            }
        }
    }

    /** Four rows at once: additions of one sum wait for each other, those of four do not. Two sums a row, even and odd. */
    private static void dot4(float[] w, int from, int stride, int n, float[] x, int at, float[] y, int to) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        float a1 = 0;
        float b1 = 0;
        float c1 = 0;
        float d1 = 0;
        int r1 = from + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        int even = n & ~1;
        for (int k = 0; k < even; k += 2) {
            float v = x[at + k];
            float u = x[at + k + 1];
            a += w[from + k] * v;
            b += w[r1 + k] * v;
            c += w[r2 + k] * v;
            d += w[r3 + k] * v;
            a1 += w[from + k + 1] * u;
            b1 += w[r1 + k + 1] * u;
            c1 += w[r2 + k + 1] * u;
            d1 += w[r3 + k + 1] * u;
        }
        if (even < n) {
            float v = x[at + even];
            a += w[from + even] * v;
            b += w[r1 + even] * v;
            c += w[r2 + even] * v;
            d += w[r3 + even] * v;
        }
        y[to] = a + a1;
        y[to + 1] = b + b1;
        y[to + 2] = c + c1;
        y[to + 3] = d + d1;
    }

    private static float dot(float[] w, int from, int n, float[] x, int at) {
        float a = 0;
        float a1 = 0;
        int even = n & ~1;
        for (int k = 0; k < even; k += 2) {
            a += w[from + k] * x[at + k];
            a1 += w[from + k + 1] * x[at + k + 1];
        }
        if (even < n) {
            a += w[from + even] * x[at + even];
        }
        return a + a1;
    }

    @Override
    public void gate(float[] gate, int gateAt, float[] up, int upAt, int n) {
        for (int i = 0; i < n; i++) {
            gate[gateAt + i] = silu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    static float silu(float x) {
        return x / (1 + exp(-x));
    }

    /**
     * {@code e^x} to about two units in the last place, by additions and multiplications alone, so that SIMD lanes give the
     * same bits. The range is cut at both ends, where the result would not be a normal float.
     */
    static float exp(float x) {
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
