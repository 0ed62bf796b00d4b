/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.VECTOR_BYTES;
import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.HALF_TO_FLOAT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LINE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.MEMORY;
import static dev.millrace.backend.cpu.kernels.vector.Simd.guard;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Matmul of a group of bytes, or of weights that are not quantised, with one vector of floats. */
final class FloatDots {

    /** Bytes of a section of 64 columns: a line of scales, and bytes. */
    private static final long HALF_BYTES = (1 + 16) * LINE;
    /** The eight highest bits of a float's mantissa, and the exponent of 256. */
    private static final int MANTISSA = 0x007f8000;
    private static final int WITH_EXPONENT = 0x43800000;

    private FloatDots() {
    }

    /**
     * Bytes with a binary16 for 32 columns, which are 8 chunks. Their products with 8-bit inputs would not fit 16 bits, and adding
     * the upper nibbles up by themselves was no faster than floats.
     *
     * <p>
     * A byte moved to the top of a mantissa, with an exponent in front, is a float: 256 and the byte. What is too much of it goes
     * when it is scaled, {@code (256 + code) * scale - (256 + 128) * scale}, where only the result is rounded. A conversion takes an
     * operation more for each byte.
     */
    static void halfBytes(long group, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector s0 = y0;
        FloatVector s1 = y0;
        FloatVector m0 = y0;
        FloatVector m1 = y0;
        for (int c = 0; c < chunks; c++) {
            long section = group + (c >> 4) * HALF_BYTES;
            if ((c & 7) == 0) {
                int left = 16 - 2 * (c & 8);
                s0 = IntVector.fromMemorySegment(INTS, MEMORY, section, LE).lanewise(VectorOperators.LSHL, left)
                        .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                s1 = IntVector.fromMemorySegment(INTS, MEMORY, section + VECTOR_BYTES, LE)
                        .lanewise(VectorOperators.LSHL, left)
                        .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m0 = s0.mul(-(256f + 128f));
                m1 = s1.mul(-(256f + 128f));
            }
            long codes = section + LINE + (c & 15) * LINE;
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE);
            y0 = v.lanewise(VectorOperators.LSHL, 15).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s0, m0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), y0);
            y1 = w.lanewise(VectorOperators.LSHL, 15).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s1, m1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), y1);
            y0 = v.lanewise(VectorOperators.LSHR, 1).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s0, m0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), y0);
            y1 = w.lanewise(VectorOperators.LSHR, 1).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s1, m1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), y1);
            y0 = v.lanewise(VectorOperators.LSHL, 7).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s0, m0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), y0);
            y1 = w.lanewise(VectorOperators.LSHL, 7).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s1, m1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), y1);
            y0 = v.lanewise(VectorOperators.LSHR, 9).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s0, m0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), y0);
            y1 = w.lanewise(VectorOperators.LSHR, 9).and(MANTISSA).or(WITH_EXPONENT).reinterpretAsFloats().fma(s1, m1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), y1);
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /** Bytes with decoded scales for 32 columns, in sections of 128 columns under super-blocks of 256. */
    static void superBytes(long group, int chunks, float[] scales, float[] x, int from, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        for (int c = 0; c < chunks; c++) {
            long codes = group + c * LINE + ((c >> 5) + 1) * LINE + ((c >> 6) + 1) * LINE;
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).lanewise(VectorOperators.XOR,
                    0x80808080);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).lanewise(
                    VectorOperators.XOR,
                    0x80808080);
            FloatVector s0 = FloatVector.fromArray(FLOATS, scales, 2 * (c >> 3) * L);
            FloatVector s1 = FloatVector.fromArray(FLOATS, scales, 2 * (c >> 3) * L + L);
            y0 = ((FloatVector) v.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(s0).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), y0);
            y1 = ((FloatVector) w.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(s1).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), y1);
            y0 = ((FloatVector) v.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(s0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), y0);
            y1 = ((FloatVector) w.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(s1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), y1);
            y0 = ((FloatVector) v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(s0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), y0);
            y1 = ((FloatVector) w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(s1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), y1);
            y0 = ((FloatVector) v.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0)).mul(s0)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), y0);
            y1 = ((FloatVector) w.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0)).mul(s1)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), y1);
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /** Binary16: its exponent is moved into place and multiplied to the right size, which is exact, subnormals included. */
    static void floatHalves(long group, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, group + c * LINE, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, group + c * LINE + VECTOR_BYTES, LE);
            y0 = v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), y0);
            y1 = w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), y1);
            y0 = v.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), y0);
            y1 = w.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), y1);
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /** The upper halves of binary32. */
    static void floatBrains(long group, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, group + c * LINE, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, group + c * LINE + VECTOR_BYTES, LE);
            y0 = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), y0);
            y1 = w.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), y1);
            y0 = v.and(0xffff0000).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), y0);
            y1 = w.and(0xffff0000).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), y1);
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /** Binary32. */
    static void floatFloats(long group, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, group + c * LINE, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, group + c * LINE + VECTOR_BYTES, LE);
            y0 = v.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, x[from + c]), y0);
            y1 = w.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, x[from + c]), y1);
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }
}
