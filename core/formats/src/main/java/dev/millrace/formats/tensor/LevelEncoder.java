/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Floats to the types whose four bits stand for levels of a table, as ggml's reference ({@code quantize_row_iq4_nl_impl}, {@code
 * quantize_row_mxfp4_ref}) stores them. For one thread.
 */
final class LevelEncoder {

    private static final int TRIES = 7;
    private static final byte[] LEVELS = BlockDecoder.iq4Levels();
    private static final byte[] SMALL_FLOATS = BlockDecoder.e2m1Levels();

    private final int[] numbers = new int[256];
    private final float[] weights = new float[32];
    private final float[] scales = new float[8];

    /** The level that is nearest, the upper one of equals. */
    private static int nearest(float x) {
        int last = LEVELS.length - 1;
        if (x <= LEVELS[0]) {
            return 0;
        }
        if (x >= LEVELS[last]) {
            return last;
        }
        int low = 0;
        int high = last;
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (x < LEVELS[middle]) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return x - LEVELS[high - 1] < LEVELS[high] - x ? high - 1 : high;
    }

    /** A block of 32 values: scale, then numbers. */
    void nonLinear(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        Arrays.fill(out, to, to + 18, (byte) 0);
        float scale = group(x, at, importance, importanceAt, spread(x, at, 32));
        put(BlockEncoder.half(scale), out, to);
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < 32; i++) {
            numbers[i] = nearest(inverse * x[at + i]);
        }
        pack(0, out, to + 2);
    }

    /** A block of 256 values: d, scales of 6 bits, numbers. */
    void nonLinearGroups(float[] x, int at, float @Nullable [] importance, int importanceAt, byte[] out, int to) {
        Arrays.fill(out, to, to + 136, (byte) 0);
        float spread = spread(x, at, 256);
        float extreme = 0;
        for (int g = 0; g < 8; g++) {
            scales[g] = group(x, at + 32 * g, importance, importanceAt + 32 * g, spread);
            if (Math.abs(scales[g]) > Math.abs(extreme)) {
                extreme = scales[g];
            }
        }
        float d = -extreme / 32;
        put(BlockEncoder.half(d), out, to);
        float inverse = d == 0 ? 0 : 1 / d;
        int high = 0;
        for (int g = 0; g < 8; g++) {
            int scale = Math.max(-32, Math.min(31, GroupFit.nearest(inverse * scales[g])));
            float dl = d * scale;
            float il = dl == 0 ? 0 : 1 / dl;
            for (int i = 0; i < 32; i++) {
                numbers[32 * g + i] = nearest(il * x[at + 32 * g + i]);
            }
            int stored = scale + 32;
            out[to + 4 + (g >> 1)] |= (byte) ((stored & 15) << (4 * (g & 1)));
            high |= stored >> 4 << (2 * g);
            pack(32 * g, out, to + 8 + 16 * g);
        }
        put((short) high, out, to + 2);
    }

    private static void put(short value, byte[] out, int to) {
        out[to] = (byte) value;
        out[to + 1] = (byte) (value >> 8);
    }

    private void pack(int first, byte[] out, int to) {
        for (int j = 0; j < 16; j++) {
            out[to + j] = (byte) (numbers[first + j] | numbers[first + 16 + j] << 4);
        }
    }

    private static float spread(float[] x, int at, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[at + i] * x[at + i];
        }
        return sum * (2f / n);
    }

    /** The scale of 32 values. */
    private float group(float[] x, int at, float @Nullable [] importance, int importanceAt, float spread) {
        for (int i = 0; i < 32; i++) {
            float v = x[at + i];
            weights[i] = importance == null ? v * v : importance[importanceAt + i] * (float) Math.sqrt(spread + v * v);
        }
        float extreme = GroupFit.extreme(x, at, 32);
        if (Math.abs(extreme) < GroupFit.TINY) {
            return 0;
        }
        float d = -extreme / LEVELS[0];
        float inverse = 1 / d;
        float products = 0;
        float squares = 0;
        for (int i = 0; i < 32; i++) {
            float q = LEVELS[nearest(inverse * x[at + i])];
            products += weights[i] * q * x[at + i];
            squares += weights[i] * q * q;
        }
        if (!(squares > 0)) {
            return d;
        }
        d = products / squares;
        float best = d * products;
        for (int step = -TRIES; step <= TRIES; step++) {
            inverse = (step + LEVELS[0]) / extreme;
            products = 0;
            squares = 0;
            for (int i = 0; i < 32; i++) {
                float q = LEVELS[nearest(inverse * x[at + i])];
                products += weights[i] * q * x[at + i];
                squares += weights[i] * q * q;
            }
            if (squares > 0 && products * products > best * squares) {
                d = products / squares;
                best = d * products;
            }
        }
        return d;
    }

    /** A block of 32 values: exponent, then numbers (OCP Microscaling Formats, MXFP4). */
    void microscaled(float[] x, int at, byte[] out, int to) {
        float largest = Math.abs(GroupFit.extreme(x, at, 32));
        int exponent = largest > 0
                ? (int) Math.floor((float) (Math.log(largest) / Math.log(2))) - 2 + 127
                : 0;
        int stored = Math.max(0, Math.min(254, exponent));
        float d = BlockDecoder.halfPowerOfTwo(stored);
        out[to] = (byte) stored;
        for (int j = 0; j < 16; j++) {
            out[to + 1 + j] = (byte) (smallFloat(x[at + j], d) | smallFloat(x[at + 16 + j], d) << 4);
        }
    }

    private static int smallFloat(float x, float d) {
        int best = 0;
        float error = Math.abs(SMALL_FLOATS[0] * d - x);
        for (int i = 1; i < SMALL_FLOATS.length; i++) {
            float other = Math.abs(SMALL_FLOATS[i] * d - x);
            if (other < error) {
                best = i;
                error = other;
            }
        }
        return best;
    }
}
