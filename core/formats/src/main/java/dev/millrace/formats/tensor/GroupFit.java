/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import org.jspecify.annotations.Nullable;

/**
 * Finds the scale, and the minimum if there is one, by which the values of a group are stored with the least error. The steps and
 * their order are those of ggml's reference ({@code make_qx_quants}, {@code make_q3_quants} and {@code make_qkx2_quants} in
 * {@code ggml-quants.c}), so that the same values give the same bits. For one thread.
 */
final class GroupFit {

    /** Groups whose largest value is below count as zero. */
    static final float TINY = 1e-15f;

    private final int[] tried = new int[32];
    /** What {@link #withMinimum} found: how much the smallest value lies below zero. */
    float minimum;

    /** To the nearest, ties to even; exact for what is below 2^22. */
    static int nearest(float value) {
        return (Float.floatToRawIntBits(value + 12_582_912f) & 0x007fffff) - 0x00400000;
    }

    private static int clamped(int value, int low, int high) {
        return Math.max(low, Math.min(high, value));
    }

    /**
     * Signed numbers without a minimum: {@code x = scale * (q - levels)}.
     *
     * @param x values
     * @param at index of the group
     * @param n how many
     * @param levels numbers run from 0 to twice as many, minus one
     * @param into gets the numbers from {@code at} on
     * @param weights of the errors, from the first on; without them large values weigh more, by their squares
     * @return the scale
     */
    float symmetric(float[] x, int at, int n, int levels, int[] into, float @Nullable [] weights) {
        float extreme = extreme(x, at, n);
        if (Math.abs(extreme) < TINY) {
            for (int i = 0; i < n; i++) {
                into[at + i] = 0;
            }
            return 0;
        }
        float inverse = -levels / extreme;
        float products = 0;
        float squares = 0;
        for (int i = 0; i < n; i++) {
            float v = x[at + i];
            int l = clamped(nearest(inverse * v), -levels, levels - 1);
            into[at + i] = l + levels;
            float w = weights == null ? v * v : weights[i];
            products += w * v * l;
            squares += w * l * l;
        }
        float scale = squares == 0 ? 0 : products / squares;
        float best = scale * products;
        for (int step = -9; step <= 9; step++) {
            if (step == 0) {
                continue;
            }
            inverse = -(levels + 0.1f * step) / extreme;
            products = 0;
            squares = 0;
            for (int i = 0; i < n; i++) {
                float v = x[at + i];
                int l = clamped(nearest(inverse * v), -levels, levels - 1);
                float w = weights == null ? v * v : weights[i];
                products += w * v * l;
                squares += w * l * l;
            }
            if (squares > 0 && products * products > best * squares) {
                for (int i = 0; i < n; i++) {
                    into[at + i] = levels + clamped(nearest(inverse * x[at + i]), -levels, levels - 1);
                }
                scale = products / squares;
                best = scale * products;
            }
        }
        return scale;
    }

    /** The value that is largest without its sign, the first of equals. */
    static float extreme(float[] x, int at, int n) {
        float extreme = 0;
        float largest = 0;
        for (int i = 0; i < n; i++) {
            float size = Math.abs(x[at + i]);
            if (size > largest) {
                largest = size;
                extreme = x[at + i];
            }
        }
        return extreme;
    }

    /** Signed numbers from -4 to 3, improved one by one: {@code x = scale * q}. The numbers get 4 added. */
    float eight(float[] x, int at, int[] into) {
        int n = 16;
        float extreme = extreme(x, at, n);
        if (Math.abs(extreme) < TINY) {
            for (int i = 0; i < n; i++) {
                into[at + i] = 0;
            }
            return 0;
        }
        float inverse = -4 / extreme;
        float products = 0;
        float squares = 0;
        for (int i = 0; i < n; i++) {
            float v = x[at + i];
            int l = clamped(nearest(inverse * v), -4, 3);
            into[at + i] = l;
            float w = v * v;
            products += w * v * l;
            squares += w * l * l;
        }
        for (int round = 0; round < 5; round++) {
            boolean changed = false;
            for (int i = 0; i < n; i++) {
                float v = x[at + i];
                float w = v * v;
                int l = into[at + i];
                float others = products - w * v * l;
                if (others > 0) {
                    float otherSquares = squares - w * l * l;
                    int next = clamped(nearest(v * otherSquares / others), -4, 3);
                    if (next != l) {
                        others += w * v * next;
                        otherSquares += w * next * next;
                        if (otherSquares > 0 && others * others * squares > products * products * otherSquares) {
                            into[at + i] = next;
                            products = others;
                            squares = otherSquares;
                            changed = true;
                        }
                    }
                }
            }
            if (!changed) {
                break;
            }
        }
        for (int i = 0; i < n; i++) {
            into[at + i] += 4;
        }
        return squares > 0 ? products / squares : 0;
    }

    /**
     * Numbers with a minimum: {@code x = scale * q - minimum}.
     *
     * @param x values
     * @param at index of the group
     * @param n how many, up to 32
     * @param most the largest number
     * @param weights of the errors, from the first on
     * @param into gets the numbers from {@code at} on
     * @param from where the search begins, in numbers beside {@code most}
     * @param step of the search
     * @param steps how many
     * @param plain whether errors count as they are, else by their squares
     * @return the scale
     */
    float withMinimum(float[] x, int at, int n, int most, float[] weights, int[] into, float from, float step,
            int steps, boolean plain) {
        float low = x[at];
        float high = x[at];
        float sumW = weights[0];
        float sumX = sumW * x[at];
        for (int i = 1; i < n; i++) {
            float v = x[at + i];
            if (v < low) {
                low = v;
            }
            if (v > high) {
                high = v;
            }
            sumW += weights[i];
            sumX += weights[i] * v;
        }
        if (low > 0) {
            low = 0;
        }
        if (high == low) {
            for (int i = 0; i < n; i++) {
                into[at + i] = 0;
            }
            minimum = -low;
            return 0;
        }
        float inverse = most / (high - low);
        float scale = 1 / inverse;
        float best = 0;
        for (int i = 0; i < n; i++) {
            int l = clamped(nearest(inverse * (x[at + i] - low)), 0, most);
            into[at + i] = l;
            float error = scale * l + low - x[at + i];
            error = plain ? Math.abs(error) : error * error;
            best += weights[i] * error;
        }
        for (int s = 0; s <= steps; s++) {
            inverse = (from + step * s + most) / (high - low);
            float sumL = 0;
            float sumL2 = 0;
            float sumXl = 0;
            for (int i = 0; i < n; i++) {
                float v = x[at + i];
                int l = clamped(nearest(inverse * (v - low)), 0, most);
                tried[i] = l;
                float w = weights[i];
                sumL += w * l;
                sumL2 += w * l * l;
                sumXl += w * l * v;
            }
            float determinant = sumW * sumL2 - sumL * sumL;
            if (determinant > 0) {
                float thisScale = (sumW * sumXl - sumX * sumL) / determinant;
                float thisLow = (sumL2 * sumX - sumL * sumXl) / determinant;
                if (thisLow > 0) {
                    thisLow = 0;
                    thisScale = sumXl / sumL2;
                }
                float current = 0;
                for (int i = 0; i < n; i++) {
                    float error = thisScale * tried[i] + thisLow - x[at + i];
                    error = plain ? Math.abs(error) : error * error;
                    current += weights[i] * error;
                }
                if (current < best) {
                    for (int i = 0; i < n; i++) {
                        into[at + i] = tried[i];
                    }
                    best = current;
                    scale = thisScale;
                    low = thisLow; // from which the reference searches on
                }
            }
        }
        minimum = -low;
        return scale;
    }
}
