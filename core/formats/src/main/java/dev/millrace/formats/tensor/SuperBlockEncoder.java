/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Floats to the types with blocks of 256 values, as ggml's reference ({@code quantize_row_q2_K_ref} to {@code
 * quantize_row_q6_K_ref}) stores them. For one thread.
 */
final class SuperBlockEncoder {

    static final int SIZE = 256;

    private final GroupFit fit = new GroupFit();
    private final int[] numbers = new int[SIZE];
    private final float[] scales = new float[16];
    private final float[] minima = new float[16];
    private final float[] weights = new float[32];
    private final float[] values = new float[SIZE];

    /**
     * Encodes a block.
     *
     * @param type one of the five
     * @param x values
     * @param at index of the first
     * @param importance of each value, or null
     * @param importanceAt index of the first
     * @param out gets the block
     * @param to index of its first byte
     */
    void encode(TensorType type, float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out,
            int to) {
        Arrays.fill(out, to, to + type.blockBytes(), (byte) 0);
        switch (type) {
            case Q2_K -> two(x, at, importance, importanceAt, out, to);
            case Q3_K -> three(x, at, importance, importanceAt, out, to);
            case Q4_K -> four(x, at, importance, importanceAt, out, to);
            case Q5_K -> five(x, at, importance, importanceAt, out, to);
            case Q6_K -> six(x, at, importance, importanceAt, out, to);
            default -> throw new IllegalArgumentException(type + " has no blocks of " + SIZE + " values.");
        }
    }

    private static float half(float value, byte[] out, int to) {
        short half = BlockEncoder.half(value);
        out[to] = (byte) half;
        out[to + 1] = (byte) (half >> 8);
        return Float.float16ToFloat(half);
    }

    private static float meanSquare(float[] x, int at, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[at + i] * x[at + i];
        }
        return sum / n;
    }

    /** How much errors of a group count: by what was measured, and more for large values. */
    private void weigh(float[] x, int at, int n, float[] importance, int importanceAt, float spread) {
        for (int i = 0; i < n; i++) {
            weights[i] = importance[importanceAt + i] * (float) Math.sqrt(spread + x[at + i] * x[at + i]);
        }
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += weights[i];
        }
        if (!(sum > 0)) {
            Arrays.fill(weights, 0, n, 1); // columns that the text never used
        }
    }

    private void two(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        float spread = importance == null ? 0 : 2 * meanSquare(x, at, SIZE);
        float largestScale = 0;
        float largestMinimum = 0;
        for (int g = 0; g < 16; g++) {
            if (importance == null) {
                for (int l = 0; l < 16; l++) {
                    weights[l] = Math.abs(x[at + 16 * g + l]);
                }
            } else {
                weigh(x, at + 16 * g, 16, importance, importanceAt + 16 * g, spread);
            }
            scales[g] = group(x, at, 16 * g, 16, 3, -0.5f, 0.1f, 15, importance == null);
            minima[g] = fit.minimum;
            largestScale = Math.max(largestScale, scales[g]);
            largestMinimum = Math.max(largestMinimum, minima[g]);
        }
        float d = half(largestScale / 15, out, to + 80);
        float dmin = half(largestMinimum / 15, out, to + 82);
        for (int g = 0; g < 16; g++) {
            int scale = largestScale > 0 ? GroupFit.nearest(15 / largestScale * scales[g]) : 0;
            int minimum = largestMinimum > 0 ? GroupFit.nearest(15 / largestMinimum * minima[g]) : 0;
            out[to + g] = (byte) (scale | minimum << 4);
            again(x, at, 16 * g, 16, d * scale, dmin * minimum, 3);
        }
        pairs(out, to + 16);
    }

    /** Fits a group whose values lie in {@code x} from {@code at + first} on; its numbers go to {@code first}. */
    private float group(float[] x, int at, int first, int n, int most, float from, float step, int steps,
            boolean plain) {
        System.arraycopy(x, at + first, values, first, n);
        return fit.withMinimum(values, first, n, most, weights, numbers, from, step, steps, plain);
    }

    /** Numbers for the scale and minimum as they are stored. */
    private void again(float[] x, int at, int first, int n, float d, float minimum, int most) {
        if (d == 0) {
            return;
        }
        for (int i = first; i < first + n; i++) {
            numbers[i] = Math.max(0, Math.min(most, GroupFit.nearest((x[at + i] + minimum) / d)));
        }
    }

    /** Two bits of each number, four numbers that lie 32 apart in a byte. */
    private void pairs(byte[] out, int to) {
        for (int half = 0; half < 2; half++) {
            for (int l = 0; l < 32; l++) {
                int n = 128 * half + l;
                out[to + 32 * half + l] = (byte) (numbers[n] | numbers[n + 32] << 2 | numbers[n + 64] << 4
                        | numbers[n + 96] << 6);
            }
        }
    }

    private void three(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        System.arraycopy(x, at, values, 0, SIZE);
        float spread = importance == null ? 0 : 2 * meanSquare(x, at, SIZE);
        float extreme = 0;
        for (int g = 0; g < 16; g++) {
            if (importance == null) {
                scales[g] = fit.eight(values, 16 * g, numbers);
            } else {
                weigh(x, at + 16 * g, 16, importance, importanceAt + 16 * g, spread);
                scales[g] = fit.symmetric(values, 16 * g, 16, 4, numbers, weights);
            }
            if (Math.abs(scales[g]) > Math.abs(extreme)) {
                extreme = scales[g];
            }
        }
        float d = 0;
        float inverse = 0;
        if (extreme != 0) {
            inverse = -32f / extreme;
            d = half(1 / inverse, out, to + 108);
        }
        for (int g = 0; g < 16; g++) {
            int scale = extreme == 0 ? 0 : Math.max(-32, Math.min(31, GroupFit.nearest(inverse * scales[g])));
            if (extreme != 0) {
                int stored = scale + 32;
                out[to + 96 + (g & 7)] |= (byte) ((stored & 15) << (g >> 3 << 2));
                out[to + 104 + (g & 3)] |= (byte) (stored >> 4 << (g >> 2 << 1));
            }
            float dl = d * (extreme == 0 ? -32 : scale);
            if (dl != 0) {
                for (int i = 16 * g; i < 16 * g + 16; i++) {
                    numbers[i] = Math.max(-4, Math.min(3, GroupFit.nearest(values[i] / dl))) + 4;
                }
            }
        }
        for (int i = 0; i < SIZE; i++) {
            if (numbers[i] > 3) {
                out[to + (i & 31)] |= (byte) (1 << (i >> 5));
                numbers[i] -= 4;
            }
        }
        pairs(out, to + 32);
    }

    /** Scales and minima of 6 bits in 12 bytes, as Q4_K and Q5_K share them. */
    private void sixBits(byte[] out, int to, int g, int scale, int minimum) {
        if (g < 4) {
            out[to + g] |= (byte) scale;
            out[to + g + 4] |= (byte) minimum;
        } else {
            out[to + g + 4] = (byte) ((scale & 15) | (minimum & 15) << 4);
            out[to + g - 4] |= (byte) (scale >> 4 << 6);
            out[to + g] |= (byte) (minimum >> 4 << 6);
        }
    }

    /** What Q4_K and Q5_K share: d, dmin, scales and minima, and the numbers. */
    private void eightGroups(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to,
            int most, float from, int steps) {
        float spread = importance == null ? 0 : 2 * meanSquare(x, at, SIZE);
        float largestScale = 0;
        float largestMinimum = 0;
        for (int g = 0; g < 8; g++) {
            if (importance == null) {
                float average = (float) Math.sqrt(meanSquare(x, at + 32 * g, 32));
                for (int l = 0; l < 32; l++) {
                    weights[l] = average + Math.abs(x[at + 32 * g + l]);
                }
                scales[g] = group(x, at, 32 * g, 32, most, from, 0.1f, steps, false);
            } else {
                weigh(x, at + 32 * g, 32, importance, importanceAt + 32 * g, spread);
                scales[g] = group(x, at, 32 * g, 32, most, -0.9f, 0.05f, 36, false);
            }
            minima[g] = fit.minimum;
            largestScale = Math.max(largestScale, scales[g]);
            largestMinimum = Math.max(largestMinimum, minima[g]);
        }
        float inverseScale = largestScale > 0 ? 63 / largestScale : 0;
        float inverseMinimum = largestMinimum > 0 ? 63 / largestMinimum : 0;
        float d = half(largestScale / 63, out, to);
        float dmin = half(largestMinimum / 63, out, to + 2);
        for (int g = 0; g < 8; g++) {
            int scale = Math.min(63, GroupFit.nearest(inverseScale * scales[g]));
            int minimum = Math.min(63, GroupFit.nearest(inverseMinimum * minima[g]));
            sixBits(out, to + 4, g, scale, minimum);
            again(x, at, 32 * g, 32, d * scale, dmin * minimum, most);
        }
    }

    private void four(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        eightGroups(x, at, importance, importanceAt, out, to, 15, -1, 20);
        for (int pair = 0; pair < 4; pair++) {
            for (int l = 0; l < 32; l++) {
                out[to + 16 + 32 * pair + l] = (byte) (numbers[64 * pair + l] | numbers[64 * pair + l + 32] << 4);
            }
        }
    }

    private void five(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        eightGroups(x, at, importance, importanceAt, out, to, 31, -0.5f, 15);
        for (int g = 0; g < 8; g++) {
            for (int l = 0; l < 32; l++) {
                int number = numbers[32 * g + l];
                out[to + 48 + 32 * (g >> 1) + l] |= (byte) ((number & 15) << (4 * (g & 1)));
                out[to + 16 + l] |= (byte) (number >> 4 << g);
            }
        }
    }

    private void six(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        System.arraycopy(x, at, values, 0, SIZE);
        float spread = importance == null ? 0 : 2 * meanSquare(x, at, SIZE);
        float extreme = 0;
        for (int g = 0; g < 16; g++) {
            if (importance != null) {
                weigh(x, at + 16 * g, 16, importance, importanceAt + 16 * g, spread);
            }
            scales[g] = fit.symmetric(values, 16 * g, 16, 32, numbers, importance == null ? null : weights);
            if (Math.abs(scales[g]) > Math.abs(extreme)) {
                extreme = scales[g];
            }
        }
        if (Math.abs(extreme) < GroupFit.TINY) {
            return; // zeros
        }
        float inverse = -128f / extreme;
        float d = half(1 / inverse, out, to + 208);
        for (int g = 0; g < 16; g++) {
            int scale = Math.min(127, GroupFit.nearest(inverse * scales[g]));
            out[to + 192 + g] = (byte) scale;
            float dl = d * scale;
            if (dl != 0) {
                for (int i = 16 * g; i < 16 * g + 16; i++) {
                    numbers[i] = Math.max(-32, Math.min(31, GroupFit.nearest(values[i] / dl))) + 32;
                }
            }
        }
        for (int half = 0; half < 2; half++) {
            for (int l = 0; l < 32; l++) {
                int n = 128 * half + l;
                out[to + 64 * half + l] = (byte) ((numbers[n] & 15) | (numbers[n + 64] & 15) << 4);
                out[to + 64 * half + 32 + l] = (byte) ((numbers[n + 32] & 15) | (numbers[n + 96] & 15) << 4);
                out[to + 128 + 32 * half + l] = (byte) (numbers[n] >> 4 | numbers[n + 32] >> 4 << 2
                        | numbers[n + 64] >> 4 << 4 | numbers[n + 96] >> 4 << 6);
            }
        }
    }
}
