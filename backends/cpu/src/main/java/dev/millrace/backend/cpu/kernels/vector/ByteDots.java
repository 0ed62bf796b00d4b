/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOAT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.HALF_TO_FLOAT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LINE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.MEMORY;
import static dev.millrace.backend.cpu.kernels.vector.Simd.VECTOR_BYTES;
import static dev.millrace.backend.cpu.kernels.vector.Simd.guard;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Matmul of a group of bytes with one vector. Products of bytes do not fit 16 bits, but sums of a block are exact as floats: they are
 * whole numbers below 2^24.
 *
 * <p>
 * A byte moved to the top of a mantissa, with an exponent in front, is a float: 256 and the byte. What is too much of it goes with
 * the first value of the sum, {@code -(256 + 128) * sum of the inputs}. A conversion takes an operation more for each byte.
 */
final class ByteDots {

    private static final int EXCESS = 256 + 128;
    /** The eight highest bits of a float's mantissa, and the exponent of 256. */
    private static final int MANTISSA = 0x007f8000;
    private static final int WITH_EXPONENT = 0x43800000;

    private ByteDots() {
    }

    /**
     * Bytes with scales for 32 columns, which are 8 chunks: binary16 for two blocks in a section, or a byte for each of four under a
     * super-block.
     *
     * @param supers 1 with super-blocks, else 0
     */
    static void bytes(long group, int chunks, int supers, long inputs, long sums, long inputScales, float[] y, int at) {
        int guard = guard(group);
        int log = 4 + supers;
        int mask = (1 << log) - 1;
        long sectionBytes = ((1 << log) + 1) * LINE;
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector a0 = FloatVector.broadcast(FLOATS, first(MEMORY.get(INT, sums)));
        FloatVector a1 = a0;
        FloatVector s0 = y0;
        FloatVector s1 = y0;
        for (int c = 0; c < chunks; c++) {
            long superBlock = supers * (((c >> 6) + 1) * LINE);
            long section = group + superBlock + (c >> log) * sectionBytes;
            int in = c & mask;
            long codes = section + in * LINE + ((in + mask - 7) >> log) * LINE;
            if (supers != 0 && (c & 63) == 0) {
                s0 = IntVector.fromMemorySegment(INTS, MEMORY, section - LINE, LE).lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                s1 = IntVector.fromMemorySegment(INTS, MEMORY, section - LINE + VECTOR_BYTES, LE)
                        .lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
            }
            long p = inputs + 16L * c;
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE);
            FloatVector t = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p));
            a0 = v.lanewise(VectorOperators.LSHL, 15).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a0);
            a1 = w.lanewise(VectorOperators.LSHL, 15).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a1);
            t = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 4));
            a0 = v.lanewise(VectorOperators.LSHR, 1).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a0);
            a1 = w.lanewise(VectorOperators.LSHR, 1).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a1);
            t = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 8));
            a0 = v.lanewise(VectorOperators.LSHL, 7).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a0);
            a1 = w.lanewise(VectorOperators.LSHL, 7).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a1);
            t = FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, p + 12));
            a0 = v.lanewise(VectorOperators.LSHR, 9).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a0);
            a1 = w.lanewise(VectorOperators.LSHR, 9).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(t, a1);
            if ((c & 7) == 7) {
                int b = c >> 3;
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * b);
                IntVector scale0 = IntVector.fromMemorySegment(INTS, MEMORY, section + 8 * LINE, LE);
                IntVector scale1 = IntVector.fromMemorySegment(INTS, MEMORY, section + 8 * LINE + VECTOR_BYTES, LE);
                if (supers != 0) {
                    int left = 24 - 8 * (b & 3);
                    y0 = a0.mul(inputScale).fma(((FloatVector) scale0.lanewise(VectorOperators.LSHL, left)
                            .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0)).mul(s0), y0);
                    y1 = a1.mul(inputScale).fma(((FloatVector) scale1.lanewise(VectorOperators.LSHL, left)
                            .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0)).mul(s1), y1);
                } else {
                    int left = 16 - 16 * (b & 1);
                    y0 = a0.mul(inputScale).fma(scale0.lanewise(VectorOperators.LSHL, left)
                            .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats()
                            .mul(HALF_TO_FLOAT), y0);
                    y1 = a1.mul(inputScale).fma(scale1.lanewise(VectorOperators.LSHL, left)
                            .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats()
                            .mul(HALF_TO_FLOAT), y1);
                }
                a0 = FloatVector.broadcast(FLOATS, first(MEMORY.get(INT, sums + 4L * b + 4)));
                a1 = a0;
            }
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /** The first value of a block's sum; its inputs' sums are in the halves of an int. */
    private static float first(int both) {
        return -EXCESS * ((short) both + (both >> 16));
    }
}
