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

/**
 * Matmul of a group of nibbles with one vector: the loops that generate a token. A line of a group fills two SIMD vectors, which
 * share the inputs.
 *
 * <p>
 * Codes are not masked. A 16-bit lane holds digits, as nibbles {@code v = n0 + 16 n1 + 256 n2 + 4096 n3}, and shifted down by k
 * digits it begins with digit k. All sums are taken modulo 2^16, which is exact because what comes out fits 16 bits. So
 * {@code a0 n0 + a1 n1 + a2 n2 + a3 n3} is also the sum of the shifted lanes times {@code a0, a1 - 16 a0, a2 - 16 a1, a3 - 16 a2}:
 * inputs are prepared once as {@link Activations.Form#DELTAS} instead of weights being masked for each row. On Zen 4 that is 11
 * instead of 15 operations for 64 bytes of nibbles. Inputs lie outside the heap, from where C2 broadcasts them without a detour.
 * An iteration takes one line: with four, C2 stopped inlining in some runs, and every vector was an object.
 */
public final class NibbleDots {

    /** Bytes of a section of 64 columns: a line of scales, perhaps one of minima, and nibbles. */
    private static final long HALF_NIBBLES = (1 + 8) * LINE;
    private static final long HALF_NIBBLES_MINIMA = (2 + 8) * LINE;
    /** Bytes of a super-block: lines of scales and minima, and nibbles. */
    private static final long SUPER_NIBBLES = (1 + 2 + 2 + 32) * LINE;

    private NibbleDots() {
    }

    /**
     * Nibbles with a binary16 for 32 columns, which are 4 chunks of each half of a group; a lane adds up 16 products of at most
     * 15 x 127. Scales are decoded in step, so that the group is read once, front to back. Written out, since a helper that
     * returns a vector is not inlined in some runs, and then every scale is an object.
     */
    static void halfNibbles(long group, int chunks, long deltas, long sums, long inputScales, short zero, float[] y,
            int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        ShortVector a0 = IntVector.broadcast(INTS, MEMORY.get(INT, sums)).reinterpretAsShorts().mul(zero);
        ShortVector a1 = a0;
        for (int c = 0; c < chunks; c++) {
            long section = group + (c >> 3) * HALF_NIBBLES;
            long codes = section + (c & 7) * LINE + (c >> 2 & 1) * LINE;
            long p = deltas + 16L * c;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 4).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 4).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 8).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 8).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if ((c & 3) == 3) {
                int b = c >> 2;
                int left = 16 - 16 * (b & 1);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * b);
                // both columns of a row together still fit 16 bits: 32 products of at most 8 x 127
                IntVector i = a0.reinterpretAsInts();
                i = i.lanewise(VectorOperators.LSHL, 16).reinterpretAsShorts().add(a0).reinterpretAsInts()
                        .lanewise(VectorOperators.ASHR, 16);
                y0 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(IntVector.fromMemorySegment(INTS, MEMORY, section + 4 * LINE, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3)
                                .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT), y0);
                i = a1.reinterpretAsInts();
                i = i.lanewise(VectorOperators.LSHL, 16).reinterpretAsShorts().add(a1).reinterpretAsInts()
                        .lanewise(VectorOperators.ASHR, 16);
                y1 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(IntVector.fromMemorySegment(INTS, MEMORY, section + 4 * LINE + VECTOR_BYTES, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3)
                                .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT), y1);
                a0 = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * b + 4)).reinterpretAsShorts().mul(zero);
                a1 = a0;
            }
        }
        y0.intoArray(y, at + guard);
        y1.intoArray(y, at + L);
    }

    /**
     * Nibbles under super-blocks of 256 columns, with a byte for the scale and one for the minimum of 32 columns, decoded in
     * step; a lane adds up 16 products of at most 15 x 127.
     */
    static void superNibbles(long group, int chunks, long deltas, long totals, long inputScales, float[] y, int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector s0 = y0;
        FloatVector s1 = y0;
        FloatVector m0 = y0;
        FloatVector m1 = y0;
        FloatVector low0 = y0;
        FloatVector low1 = y0;
        ShortVector zero = ShortVector.zero(Simd.SHORTS);
        ShortVector a0 = zero;
        ShortVector a1 = zero;
        for (int c = 0; c < chunks; c++) {
            long superBlock = group + (c >> 5) * SUPER_NIBBLES;
            if ((c & 31) == 0) {
                IntVector two = IntVector.fromMemorySegment(INTS, MEMORY, superBlock, LE);
                s0 = two.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m0 = two.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
                two = IntVector.fromMemorySegment(INTS, MEMORY, superBlock + VECTOR_BYTES, LE);
                s1 = two.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m1 = two.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
            }
            long section = superBlock + LINE + (c >> 4 & 1) * (18 * LINE);
            long codes = section + (c & 15) * LINE + (((c & 15) + 12) >> 4) * (2 * LINE);
            long p = deltas + 16L * c;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 4).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 4).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 8).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 8).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if ((c & 3) == 3) {
                int b = c >> 2;
                long line = section + 4 * LINE;
                int left = 24 - 8 * (b & 3);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * b);
                float total = MEMORY.get(FLOAT, totals + 4L * b);
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
                        .convert(VectorOperators.I2F, 0)).mul(m0)
                        .fma(FloatVector.broadcast(FLOATS, total), low0);
                low1 = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + LINE + VECTOR_BYTES, LE)
                        .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0)).mul(m1)
                        .fma(FloatVector.broadcast(FLOATS, total), low1);
                a0 = zero;
                a1 = zero;
            }
        }
        y0.add(low0).intoArray(y, at + guard);
        y1.add(low1).intoArray(y, at + L);
    }

    /**
     * Nibbles with a binary16 for the scale and one for the minimum of 32 columns, decoded in step; a lane adds up 16 products of
     * at most 15 x 127.
     */
    static void halfNibblesMinima(long group, int chunks, long deltas, long totals, long inputScales, float[] y,
            int at) {
        int guard = guard(group);
        FloatVector y0 = FloatVector.zero(FLOATS);
        FloatVector y1 = y0;
        FloatVector low0 = y0;
        FloatVector low1 = y0;
        ShortVector zeros = ShortVector.zero(Simd.SHORTS);
        ShortVector a0 = zeros;
        ShortVector a1 = zeros;
        for (int c = 0; c < chunks; c++) {
            long section = group + (c >> 3) * HALF_NIBBLES_MINIMA;
            long codes = section + (c & 7) * LINE + (c >> 2 & 1) * (2 * LINE);
            long p = deltas + 16L * c;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 4).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 4).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 8).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 8).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if ((c & 3) == 3) {
                int b = c >> 2;
                long line = section + 4 * LINE;
                int left = 16 - 16 * (b & 1);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * b);
                float total = MEMORY.get(FLOAT, totals + 4L * b);
                IntVector i;
                i = a0.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y0 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(IntVector.fromMemorySegment(INTS, MEMORY, line, LE).lanewise(VectorOperators.LSHL, left)
                                .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats()
                                .mul(HALF_TO_FLOAT), y0);
                i = a1.reinterpretAsInts();
                i = i.lanewise(VectorOperators.ASHR, 16)
                        .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                y1 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(IntVector.fromMemorySegment(INTS, MEMORY, line + VECTOR_BYTES, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                                .reinterpretAsFloats().mul(HALF_TO_FLOAT), y1);
                low0 = IntVector.fromMemorySegment(INTS, MEMORY, line + LINE, LE).lanewise(VectorOperators.LSHL, left)
                        .lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                        .fma(FloatVector.broadcast(FLOATS, total), low0);
                low1 = IntVector.fromMemorySegment(INTS, MEMORY, line + LINE + VECTOR_BYTES, LE)
                        .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT).fma(FloatVector.broadcast(FLOATS, total), low1);
                a0 = zeros;
                a1 = zeros;
            }
        }
        y0.add(low0).intoArray(y, at + guard);
        y1.add(low1).intoArray(y, at + L);
    }

    /**
     * Nibbles under super-blocks of 256 columns, with a byte for the scale of 16 columns, which are 2 chunks, and perhaps one for
     * their minimum, decoded in step.
     *
     * @param minima lines of minima in a section: 1 or 0
     */
    static void superNibbles16(long group, int chunks, int minima, long deltas, long sums, long totals,
            long inputScales,
            short zero, float[] y, int at) {
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
        long scaleBytes = (1 + minima) * LINE;
        long stretchBytes = 8 * LINE + scaleBytes;
        for (int c = 0; c < chunks; c++) {
            long superBlock = group + (c >> 5) * (LINE + 4 * stretchBytes);
            if ((c & 31) == 0) {
                IntVector two = IntVector.fromMemorySegment(INTS, MEMORY, superBlock, LE);
                s0 = two.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m0 = two.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
                two = IntVector.fromMemorySegment(INTS, MEMORY, superBlock + VECTOR_BYTES, LE);
                s1 = two.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                        .reinterpretAsFloats().mul(HALF_TO_FLOAT);
                m1 = two.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
            }
            long section = superBlock + LINE + (c >> 3 & 3) * stretchBytes;
            long codes = section + (c & 7) * LINE + (((c & 7) + 6) >> 3) * scaleBytes;
            long p = deltas + 16L * c;
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes, LE).reinterpretAsShorts();
            ShortVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes + VECTOR_BYTES, LE).reinterpretAsShorts();
            ShortVector t = IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            a1 = w.mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 4).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 4).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 8).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 8).mul(t).add(a1);
            t = IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts();
            a0 = v.lanewise(VectorOperators.LSHR, 12).mul(t).add(a0);
            a1 = w.lanewise(VectorOperators.LSHR, 12).mul(t).add(a1);
            if ((c & 1) == 1) {
                int b = c >> 1;
                long line = section + 2 * LINE;
                int left = 24 - 8 * (b & 3);
                float inputScale = MEMORY.get(FLOAT, inputScales + 4L * (c >> 2));
                t = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * b)).reinterpretAsShorts().mul(zero);
                a0 = a0.add(t);
                a1 = a1.add(t);
                // both columns of a row together still fit 16 bits: 16 products of at most 15 x 127
                IntVector i;
                i = a0.reinterpretAsInts();
                i = i.lanewise(VectorOperators.LSHL, 16).reinterpretAsShorts().add(a0).reinterpretAsInts()
                        .lanewise(VectorOperators.ASHR, 16);
                y0 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                                .convert(VectorOperators.I2F, 0)).mul(s0), y0);
                i = a1.reinterpretAsInts();
                i = i.lanewise(VectorOperators.LSHL, 16).reinterpretAsShorts().add(a1).reinterpretAsInts()
                        .lanewise(VectorOperators.ASHR, 16);
                y1 = ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScale)
                        .fma(((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + VECTOR_BYTES, LE)
                                .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                                .convert(VectorOperators.I2F, 0)).mul(s1), y1);
                if (minima != 0) {
                    float total = MEMORY.get(FLOAT, totals + 4L * b);
                    low0 = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + LINE, LE)
                            .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                            .convert(VectorOperators.I2F, 0)).mul(m0).fma(FloatVector.broadcast(FLOATS, total), low0);
                    low1 = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, line + LINE + VECTOR_BYTES, LE)
                            .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                            .convert(VectorOperators.I2F, 0)).mul(m1).fma(FloatVector.broadcast(FLOATS, total), low1);
                }
                a0 = zeros;
                a1 = zeros;
            }
        }
        y0.add(low0).intoArray(y, at + guard);
        y1.add(low1).intoArray(y, at + L);
    }
}
