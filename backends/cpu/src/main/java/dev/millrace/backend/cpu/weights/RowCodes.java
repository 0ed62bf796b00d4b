/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.spi.model.TensorType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * One row of weights taken apart: a code for each value and the scales of its blocks, as {@link Packing} has them. Block layouts
 * are those of the GGUF specification ({@code ggml-common.h}); codes are what a block stores, moved to an unsigned range.
 */
final class RowCodes {

    /** Levels of {@code IQ4_NL} and {@code IQ4_XS}. */
    private static final byte[] LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    /** Levels of {@code MXFP4}, twice the value of E2M1, whose scale is halved instead. */
    private static final byte[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    /** Eight bytes at once. */
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long FOUR_BITS = 0x0f0f0f0f0f0f0f0fL;
    private static final long TWO_BITS = 0x0303030303030303L;
    private static final long ONE_BIT = 0x0101010101010101L;

    /** One per value. */
    final byte[] codes;
    /** One per block, or one per super-block. */
    final short[] scales;
    /** The minima that go with {@link #scales}. */
    final short[] minima;
    /** One per block under a super-block. */
    final byte[] subScales;
    /** The minima that go with {@link #subScales}. */
    final byte[] subMinima;
    /** One per block. */
    final float[] floatScales;

    RowCodes(int columns) {
        codes = new byte[columns];
        scales = new short[columns / 32 + 1];
        minima = new short[columns / 32 + 1];
        subScales = new byte[columns / 16 + 1];
        subMinima = new byte[columns / 16 + 1];
        floatScales = new float[columns / 32 + 1];
    }

    /**
     * Takes a row apart.
     *
     * @param type a quantised type
     * @param raw holds the row as stored
     * @param from index of its first byte
     */
    void read(TensorType type, byte[] raw, int from) {
        int blocks = codes.length / type.blockSize();
        for (int b = 0; b < blocks; b++) {
            int at = from + b * type.blockBytes();
            switch (type) {
                case Q4_0 -> {
                    scales[b] = half(raw, at);
                    nibbles(raw, at + 2, 32 * b);
                }
                case Q4_1 -> {
                    scales[b] = half(raw, at);
                    minima[b] = half(raw, at + 2);
                    nibbles(raw, at + 4, 32 * b);
                }
                case Q5_0 -> {
                    scales[b] = half(raw, at);
                    fiveBits(raw, at + 2, at + 6, 32 * b);
                }
                case Q5_1 -> {
                    scales[b] = half(raw, at);
                    minima[b] = half(raw, at + 2);
                    fiveBits(raw, at + 4, at + 8, 32 * b);
                }
                case Q8_0 -> {
                    scales[b] = half(raw, at);
                    for (int i = 0; i < 32; i++) {
                        codes[32 * b + i] = (byte) (raw[at + 2 + i] + 128);
                    }
                }
                case IQ4_NL -> {
                    scales[b] = half(raw, at);
                    levels(raw, at + 2, 32 * b, LEVELS, 128);
                }
                case MXFP4 -> {
                    floatScales[b] = exponent(raw[at] & 0xff);
                    levels(raw, at + 1, 32 * b, E2M1, 32);
                }
                case Q2_K -> q2k(raw, at, b);
                case Q3_K -> q3k(raw, at, b);
                case Q4_K -> q4k(raw, at, b);
                case Q5_K -> q5k(raw, at, b);
                case Q6_K -> q6k(raw, at, b);
                case IQ4_XS -> iq4xs(raw, at, b);
                case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no blocks");
            }
        }
    }

    private static short half(byte[] raw, int at) {
        return (short) ((raw[at] & 0xff) | (raw[at + 1] << 8));
    }

    /** Half of the power of two that an E8M0 byte stands for; the lowest two are subnormal, and 255 is no number. */
    private static float exponent(int e) {
        if (e == 255) {
            return Float.NaN;
        }
        return e < 2 ? Float.intBitsToFloat(0x00200000 << e) : Float.intBitsToFloat((e - 1) << 23);
    }

    private void nibbles(byte[] raw, int at, int to) {
        for (int i = 0; i < 16; i += 8) {
            long eight = eight(raw, at + i);
            EIGHT.set(codes, to + i, eight & FOUR_BITS);
            EIGHT.set(codes, to + 16 + i, (eight >>> 4) & FOUR_BITS);
        }
    }

    private static long eight(byte[] raw, int at) {
        return (long) EIGHT.get(raw, at);
    }

    private void fiveBits(byte[] raw, int high, int low, int to) {
        for (int i = 0; i < 32; i++) {
            int bit = (raw[high + (i >> 3)] >> (i & 7)) & 1;
            int four = (raw[low + (i & 15)] >> (i < 16 ? 0 : 4)) & 15;
            codes[to + i] = (byte) (four | (bit << 4));
        }
    }

    private void levels(byte[] raw, int at, int to, byte[] levels, int zero) {
        for (int i = 0; i < 16; i++) {
            codes[to + i] = (byte) (levels[raw[at + i] & 15] + zero);
            codes[to + 16 + i] = (byte) (levels[(raw[at + i] >> 4) & 15] + zero);
        }
    }

    private void q2k(byte[] raw, int at, int b) {
        scales[b] = half(raw, at + 80);
        minima[b] = half(raw, at + 82);
        for (int g = 0; g < 16; g++) {
            subScales[16 * b + g] = (byte) (raw[at + g] & 15);
            subMinima[16 * b + g] = (byte) ((raw[at + g] >> 4) & 15);
            int low = at + 16 + 32 * (g >> 3) + 16 * (g & 1);
            int shift = 2 * ((g & 7) >> 1);
            for (int i = 0; i < 16; i++) {
                codes[256 * b + 16 * g + i] = (byte) ((raw[low + i] >> shift) & 3);
            }
        }
    }

    /** The 6-bit scales lie in 12 bytes: four low bits of sixteen in the first eight, their high pairs in the last four. */
    private void q3k(byte[] raw, int at, int b) {
        scales[b] = half(raw, at + 108);
        int packed = at + 96;
        for (int g = 0; g < 16; g++) {
            int low = (raw[packed + (g & 7)] >> (g < 8 ? 0 : 4)) & 15;
            int high = (raw[packed + 8 + (g & 3)] >> (2 * (g >> 2))) & 3;
            subScales[16 * b + g] = (byte) ((low | (high << 4)) - 32);
            int two = at + 32 + 32 * (g >> 3) + 16 * (g & 1);
            int shift = 2 * ((g & 7) >> 1);
            int mask = at + 16 * (g & 1);
            for (int i = 0; i < 16; i++) {
                int third = (raw[mask + i] >> (g >> 1)) & 1;
                codes[256 * b + 16 * g + i] = (byte) (((raw[two + i] >> shift) & 3) + 4 * third + 4);
            }
        }
    }

    /** The 6-bit scales and minima of eight groups, in 12 bytes. */
    private void sixBits(byte[] raw, int at, int b) {
        for (int g = 0; g < 8; g++) {
            int scale;
            int minimum;
            if (g < 4) {
                scale = raw[at + g] & 63;
                minimum = raw[at + g + 4] & 63;
            } else {
                scale = (raw[at + g + 4] & 15) | ((raw[at + g - 4] & 0xc0) >> 2);
                minimum = ((raw[at + g + 4] & 0xf0) >> 4) | ((raw[at + g] & 0xc0) >> 2);
            }
            subScales[8 * b + g] = (byte) scale;
            subMinima[8 * b + g] = (byte) minimum;
        }
    }

    private void q4k(byte[] raw, int at, int b) {
        scales[b] = half(raw, at);
        minima[b] = half(raw, at + 2);
        sixBits(raw, at + 4, b);
        for (int g = 0; g < 8; g++) {
            int q = at + 16 + 32 * (g >> 1);
            for (int i = 0; i < 32; i += 8) {
                EIGHT.set(codes, 256 * b + 32 * g + i, eight(raw, q + i) >>> (4 * (g & 1)) & FOUR_BITS);
            }
        }
    }

    private void q5k(byte[] raw, int at, int b) {
        scales[b] = half(raw, at);
        minima[b] = half(raw, at + 2);
        sixBits(raw, at + 4, b);
        for (int g = 0; g < 8; g++) {
            int q = at + 48 + 32 * (g >> 1);
            for (int i = 0; i < 32; i += 8) {
                long low = eight(raw, q + i) >>> (4 * (g & 1)) & FOUR_BITS;
                long high = (eight(raw, at + 16 + i) >>> g) & ONE_BIT;
                EIGHT.set(codes, 256 * b + 32 * g + i, low | (high << 4));
            }
        }
    }

    private void q6k(byte[] raw, int at, int b) {
        scales[b] = half(raw, at + 208);
        for (int g = 0; g < 16; g++) {
            // a group is 16 values; eight groups share 64 low and 32 high bytes
            int within = g & 7;
            subScales[16 * b + g] = raw[at + 192 + g];
            int low = at + 64 * (g >> 3) + 16 * (within & 3);
            int high = at + 128 + 32 * (g >> 3) + 16 * (within & 1);
            for (int i = 0; i < 16; i += 8) {
                long four = (eight(raw, low + i) >>> (4 * (within >> 2))) & FOUR_BITS;
                long two = (eight(raw, high + i) >>> (2 * (within >> 1))) & TWO_BITS;
                EIGHT.set(codes, 256 * b + 16 * g + i, four | (two << 4));
            }
        }
    }

    private void iq4xs(byte[] raw, int at, int b) {
        scales[b] = half(raw, at);
        int high = half(raw, at + 2) & 0xffff;
        for (int g = 0; g < 8; g++) {
            int low = (raw[at + 4 + (g >> 1)] >> (4 * (g & 1))) & 15;
            subScales[8 * b + g] = (byte) ((low | (((high >> (2 * g)) & 3) << 4)) - 32);
            levels(raw, at + 8 + 16 * g, 256 * b + 32 * g, LEVELS, 128);
        }
    }
}
