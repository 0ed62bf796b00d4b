/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import org.jspecify.annotations.Nullable;

/** Decodes weights in plain Java. Block layouts are those of the GGUF specification ({@code ggml-common.h}). */
final class ScalarUnpacking {

    private ScalarUnpacking() {
    }

    /**
     * The decoder of a type.
     *
     * @return null if weights of this type are converted when they are loaded
     */
    static @Nullable Unpacker of(TensorType type) {
        return switch (type) {
            case F32 -> ScalarUnpacking::f32;
            case F16 -> ScalarUnpacking::f16;
            case BF16 -> ScalarUnpacking::bf16;
            case Q8_0 -> ScalarUnpacking::q80;
            case Q4_0 -> ScalarUnpacking::q40;
            case Q4_K -> ScalarUnpacking::q4k;
            case Q5_K -> ScalarUnpacking::q5k;
            case Q6_K -> ScalarUnpacking::q6k;
            default -> null;
        };
    }

    /** A float16 at an index of an array. */
    static float half(byte[] raw, int at) {
        return Float.float16ToFloat((short) ((raw[at] & 0xff) | (raw[at + 1] << 8)));
    }

    /** The 6-bit scale of a group of a Q4_K or Q5_K block, whose 12 bytes of scales and minima begin at an index. */
    static int scale(byte[] raw, int at, int group) {
        return group < 4
                ? raw[at + group] & 63
                : (raw[at + group + 4] & 15) | ((raw[at + group - 4] & 0xc0) >> 2);
    }

    /** The 6-bit minimum that goes with {@link #scale}. */
    static int minimum(byte[] raw, int at, int group) {
        return group < 4
                ? raw[at + group + 4] & 63
                : ((raw[at + group + 4] & 0xf0) >> 4) | ((raw[at + group] & 0xc0) >> 2);
    }

    static void f32(byte[] raw, int from, int count, float[] into, int at) {
        for (int i = 0; i < count; i++) {
            int b = from + 4 * i;
            into[at + i] = Float.intBitsToFloat(
                    (raw[b] & 0xff) | ((raw[b + 1] & 0xff) << 8) | ((raw[b + 2] & 0xff) << 16) | (raw[b + 3] << 24));
        }
    }

    static void f16(byte[] raw, int from, int count, float[] into, int at) {
        for (int i = 0; i < count; i++) {
            into[at + i] = half(raw, from + 2 * i);
        }
    }

    static void bf16(byte[] raw, int from, int count, float[] into, int at) {
        for (int i = 0; i < count; i++) {
            into[at + i] = Float.intBitsToFloat(((raw[from + 2 * i] & 0xff) << 16) | (raw[from + 2 * i + 1] << 24));
        }
    }

    private static void q80(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 34, o += 32) {
            float d = half(raw, b);
            for (int i = 0; i < 32; i++) {
                into[o + i] = d * raw[b + 2 + i];
            }
        }
    }

    private static void q40(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 18, o += 32) {
            float d = half(raw, b);
            for (int i = 0; i < 16; i++) {
                int pair = raw[b + 2 + i];
                into[o + i] = d * ((pair & 15) - 8);
                into[o + 16 + i] = d * (((pair >> 4) & 15) - 8);
            }
        }
    }

    private static void q4k(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 144, o += 256) {
            float d = half(raw, b);
            float m = half(raw, b + 2);
            for (int g = 0; g < 8; g++) {
                float scale = d * scale(raw, b + 4, g);
                float minimum = m * minimum(raw, b + 4, g);
                int q = b + 16 + 32 * (g >> 1);
                int shift = 4 * (g & 1);
                for (int i = 0; i < 32; i++) {
                    into[o + 32 * g + i] = scale * ((raw[q + i] >> shift) & 15) - minimum;
                }
            }
        }
    }

    private static void q5k(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 176, o += 256) {
            float d = half(raw, b);
            float m = half(raw, b + 2);
            for (int g = 0; g < 8; g++) {
                float scale = d * scale(raw, b + 4, g);
                float minimum = m * minimum(raw, b + 4, g);
                int high = b + 16;
                int q = b + 48 + 32 * (g >> 1);
                int shift = 4 * (g & 1);
                for (int i = 0; i < 32; i++) {
                    int value = ((raw[q + i] >> shift) & 15) | (((raw[high + i] >> g) & 1) << 4);
                    into[o + 32 * g + i] = scale * value - minimum;
                }
            }
        }
    }

    private static void q6k(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 210, o += 256) {
            float d = half(raw, b + 208);
            for (int g = 0; g < 16; g++) {
                // a group is 16 values; eight groups share 64 low and 32 high bytes
                int within = g & 7;
                float scale = d * raw[b + 192 + g];
                int low = b + 64 * (g >> 3) + 16 * (within & 3);
                int high = b + 128 + 32 * (g >> 3) + 16 * (within & 1);
                int lowShift = 4 * (within >> 2);
                int highShift = 2 * (within >> 1);
                for (int i = 0; i < 16; i++) {
                    int value = ((raw[low + i] >> lowShift) & 15) | (((raw[high + i] >> highShift) & 3) << 4);
                    into[o + 16 * g + i] = scale * (value - 32);
                }
            }
        }
    }
}
