/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.VECTOR_BYTES;
import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOAT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.HALF_TO_FLOAT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LINE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.MEMORY;
import static dev.millrace.backend.cpu.kernels.vector.Simd.guard;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Products of a group of 6-bit codes with one vector. What {@link NibbleDots} says of digits and deltas holds here, too. */
final class SixBitDots {

    /** Bytes of 16 columns of 6-bit codes. */
    private static final long SIX_BITS = 3 * LINE;
    /** Bytes of a super-block: lines of scales, of 16 or 32 columns and with minima, and 6-bit codes. */
    private static final long SUPER_SIXES = (1 + 4 + 48) * LINE;
    private static final long SUPER_SIXES_32 = (1 + 2 + 2 + 48) * LINE;

    private SixBitDots() {
    }

    /**
     * 6-bit codes under super-blocks of 256 columns with a signed byte for the scale of 16 columns, decoded in step; a lane adds up 8
     * products of at most 32 x 127.
     *
     * @param units of 16 columns, three chunks each
     */
    static void superSixBits(long group, int units, long deltas, long sums, long inputScales, short zero, float[] y,
            int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector s0 = y0;
        FloatVector s1 = y0;
        ShortVector a0 = IntVector.broadcast(INTS, MEMORY.get(INT, sums)).reinterpretAsShorts().mul(zero);
        ShortVector a1 = a0;
        for (int c = 0; c < 3 * units; c++) {
            int u = c / 3;
            int third = c - 3 * u;
            long superBlock = group + (u >> 4) * SUPER_SIXES;
            if ((u & 15) == 0) {
                s0 = IntVector.fromMemorySegment(INTS, MEMORY, superBlock, LE).lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 3)
                        .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                s1 = IntVector.fromMemorySegment(INTS, MEMORY, superBlock + VECTOR_BYTES, LE)
                        .lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3)
                        .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
            }
            long section = superBlock + LINE + (u >> 2 & 3) * (13 * LINE);
            long codes = section + (u & 3) * SIX_BITS + (((u & 3) + 3) >> 2) * LINE + third * LINE;
            long p = deltas + 40L * u + 12L * third;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 6).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 6).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if (third == 2) {
                t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
                a0 = v.lanewise(VectorOperators.LSHR, 14).mul(t).add(a0);
                a1 = w.lanewise(VectorOperators.LSHR, 14).mul(t).add(a1);
                int left = 24 - 8 * (u & 3);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * (u >> 1));
                IntVector i;
                i = a0.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y0 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, section + SIX_BITS, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                                .convert(VectorOperators.I2F, 0)).mul(s0), y0);
                i = a1.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y1 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(((FloatVector) IntVector
                                .fromMemorySegment(INTS, MEMORY, section + SIX_BITS + VECTOR_BYTES, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                                .convert(VectorOperators.I2F, 0)).mul(s1), y1);
                a0 = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * u + 4)).reinterpretAsShorts().mul(zero);
                a1 = a0;
            }
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /**
     * 6-bit codes under super-blocks of 256 columns, with a byte for the scale and one for the minimum of 32 columns, decoded in step; a
     * lane adds up 8 products of at most 32 x 127.
     *
     * @param units of 16 columns, three chunks each
     */
    static void superSixBits32(long group, int units, long deltas, long totals, long inputScales, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector s0 = y0;
        FloatVector s1 = y0;
        FloatVector m0 = y0;
        FloatVector m1 = y0;
        FloatVector low0 = y0;
        FloatVector low1 = y0;
        ShortVector zeros = ShortVector.zero(Simd.SHORTS);
        ShortVector a0 = zeros;
        ShortVector a1 = zeros;
        for (int c = 0; c < 3 * units; c++) {
            int u = c / 3;
            int third = c - 3 * u;
            long superBlock = group + (u >> 4) * SUPER_SIXES_32;
            if ((u & 15) == 0) {
                IntVector two = IntVector.fromMemorySegment(INTS, MEMORY, superBlock, LE);
                s0 = two.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m0 = two.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
                two = IntVector.fromMemorySegment(INTS, MEMORY, superBlock + VECTOR_BYTES, LE);
                s1 = two.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m1 = two.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
            }
            long section = superBlock + LINE + (u >> 3 & 1) * (26 * LINE);
            long codes = section + (u & 7) * SIX_BITS + (((u & 7) + 6) >> 3) * (2 * LINE) + third * LINE;
            long p = deltas + 40L * u + 12L * third;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 6).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 6).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if (third == 2) {
                t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
                a0 = v.lanewise(VectorOperators.LSHR, 14).mul(t).add(a0);
                a1 = w.lanewise(VectorOperators.LSHR, 14).mul(t).add(a1);
                long line = section + 2 * SIX_BITS;
                int left = 24 - 8 * (u >> 1 & 3);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * (u >> 1));
                float total = MEMORY.get(FLOAT, totals + 4L * u);
                IntVector i;
                i = a0.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y0 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                                .convert(VectorOperators.I2F, 0)).mul(s0), y0);
                i = a1.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y1 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + VECTOR_BYTES, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                                .convert(VectorOperators.I2F, 0)).mul(s1), y1);
                low0 = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + LINE, LE)
                        .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0)).mul(m0).fma(FloatVector.broadcast(FLOATS, total), low0);
                low1 = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + LINE + VECTOR_BYTES, LE)
                        .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0)).mul(m1).fma(FloatVector.broadcast(FLOATS, total), low1);
                a0 = zeros;
                a1 = zeros;
            }
        }
        y0.add(low0).intoArray(y, at + guard);
        y1.add(low1).intoArray(y, at + L);
    }

    /**
     * 6-bit codes with a scale for 32 columns, decoded in step, and perhaps a minimum; a lane adds up 8 products of at most 32 x 127.
     *
     * @param units of 16 columns, three chunks each
     * @param halves 1 where scales are binary16, of two blocks in a line, 0 where they are binary32
     * @param minima lines of minima in a section: 1 or 0
     */
    static void sixBits(long group, int units, int halves, int minima, long deltas, long sums, long totals,
            long inputScales,
            short zero, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector low0 = y0;
        FloatVector low1 = y0;
        ShortVector zeros = ShortVector.zero(Simd.SHORTS);
        ShortVector a0 = zeros;
        ShortVector a1 = zeros;
        long scaleBytes = (1 + minima) * LINE;
        long stretchBytes = (2 << halves) * SIX_BITS + scaleBytes;
        int right = 3 * halves;
        int mask = halves == 0 ? -1 : 0x8fffe000;
        float factor = halves == 0 ? 1 : HALF_TO_FLOAT; // to multiply with 1 changes nothing
        for (int c = 0; c < 3 * units; c++) {
            int u = c / 3;
            int third = c - 3 * u;
            int b = u >> 1;
            long codes = group + c * LINE + ((b + halves) >> halves) * scaleBytes;
            long p = deltas + 40L * u + 12L * third;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 6).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 6).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if (third == 2) {
                t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
                a0 = v.lanewise(VectorOperators.LSHR, 14).mul(t).add(a0);
                a1 = w.lanewise(VectorOperators.LSHR, 14).mul(t).add(a1);
                long line = group + (b >> halves) * stretchBytes + 2 * SIX_BITS;
                int left = 16 * (~b & halves);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * b);
                t = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * u)).reinterpretAsShorts().mul(zero);
                a0 = a0.add(t);
                a1 = a1.add(t);
                IntVector i;
                i = a0.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y0 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(IntVector.fromMemorySegment(INTS, MEMORY, line, LE).lanewise(VectorOperators.LSHL, left)
                                .lanewise(VectorOperators.ASHR, right).and(mask).reinterpretAsFloats().mul(factor), y0);
                i = a1.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y1 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(IntVector.fromMemorySegment(INTS, MEMORY, line + VECTOR_BYTES, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, right).and(mask)
                                .reinterpretAsFloats().mul(factor), y1);
                if (minima != 0) {
                    float total = MEMORY.get(FLOAT, totals + 4L * u);
                    low0 = IntVector.fromMemorySegment(INTS, MEMORY, line + LINE, LE)
                            .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                            .reinterpretAsFloats().mul(HALF_TO_FLOAT).fma(FloatVector.broadcast(FLOATS, total), low0);
                    low1 = IntVector.fromMemorySegment(INTS, MEMORY, line + LINE + VECTOR_BYTES, LE)
                            .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                            .reinterpretAsFloats().mul(HALF_TO_FLOAT).fma(FloatVector.broadcast(FLOATS, total), low1);
                }
                a0 = zeros;
                a1 = zeros;
            }
        }
        y0.add(low0).intoArray(y, at + guard);
        y1.add(low1).intoArray(y, at + L);
    }
}
