/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Decodes weights by the Vector API; gives the same bits as {@link ScalarUnpacking}. Vectors of bytes have as many lanes as
 * those of floats; the smallest has eight, so with 128-bit vectors (four floats) quantised types are decoded in plain Java.
 */
final class VectorUnpacking {

    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorKernels.INTS;
    private static final int L = FLOATS.length();
    private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class,
            VectorShape.forBitSize(Math.max(64, 8 * L)));
    private static final VectorSpecies<Byte> SHORT_BYTES = VectorSpecies.of(byte.class, VectorShape.forBitSize(16 * L));
    private static final VectorSpecies<Byte> FLOAT_BYTES = VectorSpecies.of(byte.class, FLOATS.vectorShape());

    private VectorUnpacking() {
    }

    static @Nullable Unpacker of(TensorType type) {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN || (L < 8 && type.isQuantised())) {
            return ScalarUnpacking.of(type);
        }
        return switch (type) {
            case F32 -> VectorUnpacking::f32;
            case F16 -> VectorUnpacking::f16;
            case BF16 -> VectorUnpacking::bf16;
            case Q8_0 -> VectorUnpacking::q80;
            case Q4_0 -> VectorUnpacking::q40;
            case Q4_K -> VectorUnpacking::q4k;
            case Q5_K -> VectorUnpacking::q5k;
            case Q6_K -> VectorUnpacking::q6k;
            default -> ScalarUnpacking.of(type);
        };
    }

    private static void f32(byte[] raw, int from, int count, float[] into, int at) {
        int i = 0;
        for (; i <= count - L; i += L) {
            ByteVector.fromArray(FLOAT_BYTES, raw, from + 4 * i).reinterpretAsFloats().intoArray(into, at + i);
        }
        ScalarUnpacking.f32(raw, from + 4 * i, count - i, into, at + i);
    }

    /** Moves exponents from float16's range to float's; zero and subnormals are left to a subtraction, which is exact. */
    private static void f16(byte[] raw, int from, int count, float[] into, int at) {
        int i = 0;
        for (; i <= count - L; i += L) {
            IntVector stored = shorts(raw, from + 2 * i);
            IntVector magnitude = stored.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
            IntVector normal = magnitude.add(112 << 23);
            normal = normal.add(112 << 23, magnitude.compare(VectorOperators.GE, 0x7c00 << 13));
            IntVector small = magnitude.add(113 << 23).reinterpretAsFloats().sub(0x1p-14f).reinterpretAsInts();
            IntVector bits = normal.blend(small, magnitude.compare(VectorOperators.LT, 0x0400 << 13));
            bits.or(stored.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats().intoArray(into,
                    at + i);
        }
        ScalarUnpacking.f16(raw, from + 2 * i, count - i, into, at + i);
    }

    private static void bf16(byte[] raw, int from, int count, float[] into, int at) {
        int i = 0;
        for (; i <= count - L; i += L) {
            shorts(raw, from + 2 * i).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(into, at + i);
        }
        ScalarUnpacking.bf16(raw, from + 2 * i, count - i, into, at + i);
    }

    private static IntVector shorts(byte[] raw, int at) {
        return (IntVector) ByteVector.fromArray(SHORT_BYTES, raw, at).reinterpretAsShorts().castShape(INTS, 0);
    }

    private static void q80(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 34, o += 32) {
            float d = ScalarUnpacking.half(raw, b);
            for (int i = 0; i < 32; i += L) {
                floats(ByteVector.fromArray(BYTES, raw, b + 2 + i)).mul(d).intoArray(into, o + i);
            }
        }
    }

    private static FloatVector floats(ByteVector bytes) {
        return (FloatVector) bytes.castShape(FLOATS, 0);
    }

    private static IntVector ints(byte[] raw, int at) {
        return (IntVector) ByteVector.fromArray(BYTES, raw, at).castShape(INTS, 0);
    }

    private static FloatVector floats(IntVector ints) {
        return (FloatVector) ints.convertShape(VectorOperators.I2F, FLOATS, 0);
    }

    private static void q40(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 18, o += 32) {
            float d = ScalarUnpacking.half(raw, b);
            for (int i = 0; i < 16; i += L) {
                IntVector pair = ints(raw, b + 2 + i);
                floats(pair.and(15).sub(8)).mul(d).intoArray(into, o + i);
                floats(pair.lanewise(VectorOperators.LSHR, 4).and(15).sub(8)).mul(d).intoArray(into, o + 16 + i);
            }
        }
    }

    private static void q4k(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 144, o += 256) {
            float d = ScalarUnpacking.half(raw, b);
            float m = ScalarUnpacking.half(raw, b + 2);
            for (int g = 0; g < 8; g += 2) {
                float lowScale = d * ScalarUnpacking.scale(raw, b + 4, g);
                float lowMinimum = m * ScalarUnpacking.minimum(raw, b + 4, g);
                float highScale = d * ScalarUnpacking.scale(raw, b + 4, g + 1);
                float highMinimum = m * ScalarUnpacking.minimum(raw, b + 4, g + 1);
                for (int i = 0; i < 32; i += L) {
                    IntVector pair = ints(raw, b + 16 + 16 * g + i);
                    floats(pair.and(15)).mul(lowScale).sub(lowMinimum).intoArray(into, o + 32 * g + i);
                    floats(pair.lanewise(VectorOperators.LSHR, 4).and(15)).mul(highScale).sub(highMinimum)
                            .intoArray(into, o + 32 * g + 32 + i);
                }
            }
        }
    }

    private static void q5k(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 176, o += 256) {
            float d = ScalarUnpacking.half(raw, b);
            float m = ScalarUnpacking.half(raw, b + 2);
            for (int g = 0; g < 8; g++) {
                float scale = d * ScalarUnpacking.scale(raw, b + 4, g);
                float minimum = m * ScalarUnpacking.minimum(raw, b + 4, g);
                int shift = 4 * (g & 1);
                for (int i = 0; i < 32; i += L) {
                    IntVector low = ints(raw, b + 48 + 32 * (g >> 1) + i).lanewise(VectorOperators.LSHR, shift).and(15);
                    IntVector high = ints(raw, b + 16 + i).lanewise(VectorOperators.LSHR, g).and(1)
                            .lanewise(VectorOperators.LSHL, 4);
                    floats(low.or(high)).mul(scale).sub(minimum).intoArray(into, o + 32 * g + i);
                }
            }
        }
    }

    private static void q6k(byte[] raw, int from, int count, float[] into, int at) {
        for (int b = from, o = at; o < at + count; b += 210, o += 256) {
            float d = ScalarUnpacking.half(raw, b + 208);
            for (int g = 0; g < 16; g++) {
                int within = g & 7;
                float scale = d * raw[b + 192 + g];
                int lowAt = b + 64 * (g >> 3) + 16 * (within & 3);
                int highAt = b + 128 + 32 * (g >> 3) + 16 * (within & 1);
                for (int i = 0; i < 16; i += L) {
                    IntVector low = ints(raw, lowAt + i).lanewise(VectorOperators.LSHR, 4 * (within >> 2)).and(15);
                    IntVector high = ints(raw, highAt + i).lanewise(VectorOperators.LSHR, 2 * (within >> 1)).and(3)
                            .lanewise(VectorOperators.LSHL, 4);
                    floats(low.or(high).sub(32)).mul(scale).intoArray(into, o + 16 * g + i);
                }
            }
        }
    }
}
