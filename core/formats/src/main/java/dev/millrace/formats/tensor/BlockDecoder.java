/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.TensorType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Blocks to floats, bit for bit as ggml's reference ({@code ggml-quants.c}, {@code dequantize_row_*}) computes them.
 */
public final class BlockDecoder {

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final byte[] IQ4_LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    /** Twice the values of E2M1. */
    private static final byte[] E2M1_LEVELS = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private BlockDecoder() {
    }

    /** The levels of IQ4_NL and IQ4_XS, rising. */
    static byte[] iq4Levels() {
        return IQ4_LEVELS.clone();
    }

    /** Twice the values of the 16 numbers of MXFP4. */
    static byte[] e2m1Levels() {
        return E2M1_LEVELS.clone();
    }

    /**
     * Decodes consecutive blocks.
     *
     * @param type how they are stored
     * @param source holds them
     * @param from index of their first byte
     * @param blocks how many
     * @param into gets {@code blocks * type.blockSize()} values
     * @param at index of the first
     * @throws IndexOutOfBoundsException if an array is too short
     */
    public static void decode(TensorType type, byte[] source, int from, int blocks, float[] into, int at) {
        int b = from;
        int y = at;
        for (int i = 0; i < blocks; i++, b += type.blockBytes(), y += type.blockSize()) {
            switch (type) {
                case F32 -> into[y] = Float.intBitsToFloat((int) INT.get(source, b));
                case F16 -> into[y] = half(source, b);
                case BF16 -> into[y] = Float.intBitsToFloat((short) SHORT.get(source, b) << 16);
                case Q4_0 -> nibbles(source, b + 2, half(source, b), -8, into, y);
                case Q4_1 -> nibblesWithMinimum(source, b + 4, half(source, b), half(source, b + 2), into, y);
                case Q5_0 -> fives(source, b + 2, half(source, b), into, y);
                case Q5_1 -> fivesWithMinimum(source, b + 4, half(source, b), half(source, b + 2), into, y);
                case Q8_0 -> bytes(source, b + 2, half(source, b), into, y);
                case Q2_K -> q2(source, b, into, y);
                case Q3_K -> q3(source, b, into, y);
                case Q4_K -> q4(source, b, into, y);
                case Q5_K -> q5(source, b, into, y);
                case Q6_K -> q6(source, b, into, y);
                case IQ4_NL -> levels(IQ4_LEVELS, source, b + 2, half(source, b), into, y);
                case IQ4_XS -> iq4xs(source, b, into, y);
                case MXFP4 -> levels(E2M1_LEVELS, source, b + 1, halfPowerOfTwo(source[b] & 0xff), into, y);
            }
        }
    }

    private static float half(byte[] s, int at) {
        return Float.float16ToFloat((short) SHORT.get(s, at));
    }

    /** 2^(e - 128): half of what E8M0 means, as the levels are doubled. */
    static float halfPowerOfTwo(int e) {
        return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : (e - 1) << 23);
    }

    private static void nibbles(byte[] s, int q, float d, int shift, float[] into, int y) {
        for (int j = 0; j < 16; j++) {
            into[y + j] = ((s[q + j] & 15) + shift) * d;
            into[y + j + 16] = ((s[q + j] >> 4 & 15) + shift) * d;
        }
    }

    private static void nibblesWithMinimum(byte[] s, int q, float d, float m, float[] into, int y) {
        for (int j = 0; j < 16; j++) {
            into[y + j] = (s[q + j] & 15) * d + m;
            into[y + j + 16] = (s[q + j] >> 4 & 15) * d + m;
        }
    }

    private static void fives(byte[] s, int high, float d, float[] into, int y) {
        int h = (int) INT.get(s, high);
        for (int j = 0; j < 16; j++) {
            int q = s[high + 4 + j];
            into[y + j] = (((q & 15) | (h >>> j & 1) << 4) - 16) * d;
            into[y + j + 16] = (((q >> 4 & 15) | (h >>> (j + 16) & 1) << 4) - 16) * d;
        }
    }

    private static void fivesWithMinimum(byte[] s, int high, float d, float m, float[] into, int y) {
        int h = (int) INT.get(s, high);
        for (int j = 0; j < 16; j++) {
            int q = s[high + 4 + j];
            into[y + j] = ((q & 15) | (h >>> j & 1) << 4) * d + m;
            into[y + j + 16] = ((q >> 4 & 15) | (h >>> (j + 16) & 1) << 4) * d + m;
        }
    }

    private static void bytes(byte[] s, int q, float d, float[] into, int y) {
        for (int j = 0; j < 32; j++) {
            into[y + j] = s[q + j] * d;
        }
    }

    private static void levels(byte[] levels, byte[] s, int q, float d, float[] into, int y) {
        for (int j = 0; j < 16; j++) {
            into[y + j] = d * levels[s[q + j] & 15];
            into[y + j + 16] = d * levels[s[q + j] >> 4 & 15];
        }
    }

    /** 16 bytes of scale and minimum, 64 of values, d, dmin. */
    private static void q2(byte[] s, int b, float[] into, int y) {
        float d = half(s, b + 80);
        float min = half(s, b + 82);
        for (int group = 0; group < 16; group++) {
            int scale = s[b + group];
            float dl = d * (scale & 15);
            float ml = min * (scale >> 4 & 15);
            int q = b + 16 + 32 * (group >> 3) + 16 * (group & 1);
            int shift = group & 6;
            for (int l = 0; l < 16; l++) {
                into[y + 16 * group + l] = dl * (s[q + l] >> shift & 3) - ml;
            }
        }
    }

    /** 32 bytes of high bits, 64 of low bits, 12 of scales, d. */
    private static void q3(byte[] s, int b, float[] into, int y) {
        float d = half(s, b + 108);
        for (int group = 0; group < 16; group++) {
            int low = s[b + 96 + (group & 7)] >> (group >> 3 << 2) & 15;
            int high = s[b + 104 + (group & 3)] >> (group >> 2 << 1) & 3;
            float dl = d * ((low | high << 4) - 32);
            int half = 16 * (group & 1);
            int q = b + 32 + 32 * (group >> 3) + half;
            int shift = group & 6;
            int bit = 1 << (group >> 1);
            for (int l = 0; l < 16; l++) {
                int value = (s[q + l] >> shift & 3) - ((s[b + half + l] & bit) == 0 ? 4 : 0);
                into[y + 16 * group + l] = dl * value;
            }
        }
    }

    /** Scale of a group of 32 in the 12 bytes that Q4_K and Q5_K share. */
    private static int scale(byte[] s, int at, int group) {
        return group < 4 ? s[at + group] & 63 : (s[at + group + 4] & 15) | (s[at + group - 4] >> 6 & 3) << 4;
    }

    private static int minimum(byte[] s, int at, int group) {
        return group < 4 ? s[at + group + 4] & 63 : (s[at + group + 4] >> 4 & 15) | (s[at + group] >> 6 & 3) << 4;
    }

    /** d, dmin, 12 bytes of scales and minima, 128 of values. */
    private static void q4(byte[] s, int b, float[] into, int y) {
        float d = half(s, b);
        float min = half(s, b + 2);
        for (int group = 0; group < 8; group++) {
            float dl = d * scale(s, b + 4, group);
            float ml = min * minimum(s, b + 4, group);
            int q = b + 16 + 32 * (group >> 1);
            int shift = 4 * (group & 1);
            for (int l = 0; l < 32; l++) {
                into[y + 32 * group + l] = dl * (s[q + l] >> shift & 15) - ml;
            }
        }
    }

    /** d, dmin, 12 bytes of scales and minima, 32 of high bits, 128 of low bits. */
    private static void q5(byte[] s, int b, float[] into, int y) {
        float d = half(s, b);
        float min = half(s, b + 2);
        for (int group = 0; group < 8; group++) {
            float dl = d * scale(s, b + 4, group);
            float ml = min * minimum(s, b + 4, group);
            int q = b + 48 + 32 * (group >> 1);
            int shift = 4 * (group & 1);
            for (int l = 0; l < 32; l++) {
                into[y + 32 * group + l] = dl * ((s[q + l] >> shift & 15) | (s[b + 16 + l] >> group & 1) << 4) - ml;
            }
        }
    }

    /** 128 bytes of low bits, 64 of high bits, 16 scales, d. */
    private static void q6(byte[] s, int b, float[] into, int y) {
        float d = half(s, b + 208);
        for (int group = 0; group < 16; group++) {
            float dl = d * s[b + 192 + group];
            int part = group >> 3;
            int quarter = group >> 1 & 3;
            int within = 16 * (group & 1);
            int low = b + 64 * part + 32 * (quarter & 1) + within;
            int high = b + 128 + 32 * part + within;
            for (int l = 0; l < 16; l++) {
                int q = (s[low + l] >> (quarter >> 1 << 2) & 15) | (s[high + l] >> (2 * quarter) & 3) << 4;
                into[y + 16 * group + l] = dl * (q - 32);
            }
        }
    }

    /** d, 2 bytes of high and 4 of low bits of scales, 128 of values. */
    private static void iq4xs(byte[] s, int b, float[] into, int y) {
        float d = half(s, b);
        int high = (short) SHORT.get(s, b + 2);
        for (int group = 0; group < 8; group++) {
            int low = s[b + 4 + (group >> 1)] >> (4 * (group & 1)) & 15;
            float dl = d * ((low | (high >> (2 * group) & 3) << 4) - 32);
            levels(IQ4_LEVELS, s, b + 8 + 16 * group, dl, into, y + 32 * group);
        }
    }
}
