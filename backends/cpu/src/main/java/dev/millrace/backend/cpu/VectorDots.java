/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static dev.millrace.backend.cpu.VectorKernels.CHUNK;
import static dev.millrace.backend.cpu.VectorKernels.FLOATS;
import static dev.millrace.backend.cpu.VectorKernels.HALF_TO_FLOAT;
import static dev.millrace.backend.cpu.VectorKernels.INTS;
import static dev.millrace.backend.cpu.VectorKernels.L;
import static dev.millrace.backend.cpu.VectorKernels.LE;
import static dev.millrace.backend.cpu.VectorKernels.MEMORY;
import static dev.millrace.backend.cpu.VectorKernels.guard;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of a group of rows with one vector: the loops that generate a token.
 *
 * <p>
 * Codes are not masked. A 16-bit lane holds digits, as nibbles {@code v = n0 + 16 n1 + 256 n2 + 4096 n3}, and shifted down by k
 * digits it begins with digit k. All sums are taken modulo 2^16, which is exact because what comes out fits 16 bits. So
 * {@code a0 n0 + a1 n1 + a2 n2 + a3 n3} is also the sum of the shifted lanes times {@code a0, a1 - 16 a0, a2 - 16 a1, a3 - 16 a2}:
 * inputs are prepared once as {@link Activations.Form#DIGITS} instead of weights being masked for each row. On Zen 4 that is 11
 * instead of 15 operations for 64 bytes of nibbles; with inputs outside the heap, one core reads 28 instead of 19 GB/s from its
 * second-level cache, and two read nibbles from memory at 33 GB/s, where 34 is all that it gives.
 */
final class VectorDots {

    /** Bytes of 16 columns of sixes. */
    private static final long SIXES = 3 * CHUNK;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private VectorDots() {
    }

    /**
     * Nibbles with a binary16 for 32 columns, which are 4 chunks; a lane adds up 16 products of at most 15 x 127. Scales are
     * decoded in step: decoded before, one core read 12 instead of 16 GB/s. Written out, since a helper that returns a vector is
     * not inlined in some runs, and then every scale is an object.
     */
    static void halfNibbles(long codes, int chunks, long scales, long digits, long sums, long steps, short zero,
            float[] y, int at) {
        int guard = guard(codes);
        FloatVector result = FloatVector.zero(FLOATS);
        ShortVector a = IntVector.broadcast(INTS, MEMORY.get(INT, sums)).reinterpretAsShorts().mul(zero);
        for (int c = 0; c < chunks; c++) {
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 4)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 4)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 8)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 8)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 12)).reinterpretAsShorts())
                    .add(a);
            if ((c & 3) == 3) {
                int b = c >> 2;
                FloatVector scale = IntVector.fromMemorySegment(INTS, MEMORY, scales + (b >> 1) * CHUNK, LE)
                        .lanewise(VectorOperators.LSHL, 16 - 16 * (b & 1)).lanewise(VectorOperators.ASHR, 3)
                        .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                // both columns of a row together still fit 16 bits: 32 products of at most 8 x 127
                IntVector both = a.reinterpretAsInts();
                both = both.lanewise(VectorOperators.LSHL, 16).reinterpretAsShorts().add(a).reinterpretAsInts()
                        .lanewise(VectorOperators.ASHR, 16);
                result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(MEMORY.get(FLOAT, steps + 4L * b))
                        .fma(scale, result);
                a = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * b + 4)).reinterpretAsShorts().mul(zero);
            }
        }
        result.intoArray(y, at + guard);
    }

    /**
     * Nibbles under super-blocks of 256 columns, with a byte for the scale and one for the minimum of 32 columns, decoded in
     * step; a lane adds up 16 products of at most 15 x 127.
     *
     * @param supers a binary16 a super-block, two an int; then those of minima at {@code minima}
     * @param subs a byte a block, four an int; then those of minima at {@code subMinima}
     */
    static void superNibbles(long codes, int chunks, long supers, long subs, long minima, long subMinima,
            long digits, long totals, long steps, float[] y, int at) {
        int guard = guard(codes);
        FloatVector result = FloatVector.zero(FLOATS);
        FloatVector low = result;
        FloatVector scale = result;
        FloatVector minimum = result;
        ShortVector zero = ShortVector.zero(VectorKernels.SHORTS);
        ShortVector a = zero;
        for (int c = 0; c < chunks; c++) {
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 4)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 4)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 8)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 8)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 12)).reinterpretAsShorts())
                    .add(a);
            if ((c & 3) == 3) {
                int b = c >> 2;
                if ((b & 7) == 0) {
                    int left = 16 - 16 * (b >> 3 & 1);
                    scale = IntVector.fromMemorySegment(INTS, MEMORY, supers + (b >> 4) * CHUNK, LE)
                            .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3)
                            .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                    minimum = IntVector.fromMemorySegment(INTS, MEMORY, minima + (b >> 4) * CHUNK, LE)
                            .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 3)
                            .and(0x8fffe000).reinterpretAsFloats().mul(-HALF_TO_FLOAT);
                }
                int left = 24 - 8 * (b & 3);
                IntVector both = a.reinterpretAsInts();
                both = both.lanewise(VectorOperators.ASHR, 16)
                        .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                FloatVector s = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, subs + (b >> 2) * CHUNK, LE)
                        .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0)).mul(scale);
                result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(MEMORY.get(FLOAT, steps + 4L * b))
                        .fma(s, result);
                low = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, subMinima + (b >> 2) * CHUNK, LE)
                        .lanewise(VectorOperators.LSHL, left).lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0)).mul(minimum)
                        .fma(FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, totals + 4L * b)), low);
                a = zero;
            }
        }
        result.add(low).intoArray(y, at + guard);
    }

    /** Nibbles with decoded scales for 16 columns, which are 2 chunks, or for 32: as a shift, 1 or 2. */
    static void nibbles(long codes, int chunks, float[] scales, int shift, long digits, long sums, long steps,
            short zero, float[] y, int at) {
        int guard = guard(codes);
        int last = (1 << shift) - 1;
        FloatVector result = FloatVector.zero(FLOATS);
        ShortVector a = IntVector.broadcast(INTS, MEMORY.get(INT, sums)).reinterpretAsShorts().mul(zero);
        for (int c = 0; c < chunks; c++) {
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 4)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 4)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 8)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 8)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, digits + 16L * c + 12)).reinterpretAsShorts())
                    .add(a);
            if ((c & last) == last) {
                int b = c >> shift;
                IntVector both = a.reinterpretAsInts();
                both = both.lanewise(VectorOperators.ASHR, 16)
                        .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                result = ((FloatVector) both.convert(VectorOperators.I2F, 0))
                        .mul(MEMORY.get(FLOAT, steps + 4L * (c >> 2)))
                        .fma(FloatVector.fromArray(FLOATS, scales, b * L), result);
                a = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * b + 4)).reinterpretAsShorts().mul(zero);
            }
        }
        result.intoArray(y, at + guard);
    }

    /**
     * Sixes under super-blocks of 256 columns with a signed byte for the scale of 16 columns, decoded in step; a lane adds up 8
     * products of at most 32 x 127.
     *
     * @param units of 16 columns, three chunks each
     */
    static void superSixes(long codes, int units, long supers, long subs, long digits, long sums, long steps,
            short zero, float[] y, int at) {
        int guard = guard(codes);
        FloatVector result = FloatVector.zero(FLOATS);
        FloatVector scale = result;
        for (int u = 0; u < units; u++) {
            if ((u & 15) == 0) {
                scale = IntVector.fromMemorySegment(INTS, MEMORY, supers + (u >> 5) * CHUNK, LE)
                        .lanewise(VectorOperators.LSHL, 16 - 16 * (u >> 4 & 1)).lanewise(VectorOperators.ASHR, 3)
                        .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
            }
            long p = digits + 40L * u;
            ShortVector a = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * u)).reinterpretAsShorts().mul(zero);
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * SIXES, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 6)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts()).add(a);
            v = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * SIXES + CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 6)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 16)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 20)).reinterpretAsShorts()).add(a);
            v = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * SIXES + 2 * CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 24)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 6)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 28)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 32)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 14)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 36)).reinterpretAsShorts()).add(a);
            FloatVector s = ((FloatVector) IntVector.fromMemorySegment(INTS, MEMORY, subs + (u >> 2) * CHUNK, LE)
                    .lanewise(VectorOperators.LSHL, 24 - 8 * (u & 3)).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale);
            IntVector both = a.reinterpretAsInts();
            both = both.lanewise(VectorOperators.ASHR, 16)
                    .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
            result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(MEMORY.get(FLOAT, steps + 4L * (u >> 1)))
                    .fma(s, result);
        }
        result.intoArray(y, at + guard);
    }

    /** Sixes with decoded scales for 16 columns, or for 32 (wide); a lane adds up 8 products of at most 32 x 127. */
    static void sixes(long codes, int units, float[] scales, int wide, long digits, long sums, long steps, short zero,
            float[] y, int at) {
        int guard = guard(codes);
        FloatVector result = FloatVector.zero(FLOATS);
        for (int u = 0; u < units; u++) {
            long p = digits + 40L * u;
            ShortVector a = IntVector.broadcast(INTS, MEMORY.get(INT, sums + 4L * u)).reinterpretAsShorts().mul(zero);
            ShortVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * SIXES, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, p)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 6)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 4)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 8)).reinterpretAsShorts()).add(a);
            v = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * SIXES + CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 12)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 6)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 16)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 20)).reinterpretAsShorts()).add(a);
            v = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * SIXES + 2 * CHUNK, LE).reinterpretAsShorts();
            a = v.mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 24)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 6)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 28)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 12)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 32)).reinterpretAsShorts()).add(a);
            a = v.lanewise(VectorOperators.LSHR, 14)
                    .mul(IntVector.broadcast(INTS, MEMORY.get(INT, p + 36)).reinterpretAsShorts()).add(a);
            IntVector both = a.reinterpretAsInts();
            both = both.lanewise(VectorOperators.ASHR, 16)
                    .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
            result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(MEMORY.get(FLOAT, steps + 4L * (u >> 1)))
                    .fma(FloatVector.fromArray(FLOATS, scales, (u >> wide) * L), result);
        }
        result.intoArray(y, at + guard);
    }

    /**
     * Adds what a group's minima contribute.
     *
     * @param runs that have a total each
     * @param shift of a run's number to its block's
     */
    static void minima(float[] minima, int runs, int shift, long totals, float[] y, int at) {
        FloatVector low = FloatVector.zero(FLOATS);
        for (int run = 0; run < runs; run++) {
            low = FloatVector.fromArray(FLOATS, minima, (run >> shift) * L)
                    .fma(FloatVector.broadcast(FLOATS, MEMORY.get(FLOAT, totals + 4L * run)), low);
        }
        FloatVector.fromArray(FLOATS, y, at).add(low).intoArray(y, at);
    }

    /**
     * Bytes with decoded scales for 32 columns, which are 8 chunks; those of the second group begin at an index. Their products
     * with 8-bit inputs would not fit 16 bits, and adding the upper nibbles up by themselves was no faster than floats.
     */
    static void floatBytes(long codes0, long codes1, int chunks, float[] scales, int second, float[] x, int from,
            float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            int block = c >> 3;
            FloatVector s = FloatVector.fromArray(FLOATS, scales, block * L);
            FloatVector t = FloatVector.fromArray(FLOATS, scales, second + block * L);
            v = v.lanewise(VectorOperators.XOR, 0x80808080);
            w = w.lanewise(VectorOperators.XOR, 0x80808080);
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), b);
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), b);
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), b);
            a = ((FloatVector) v.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    /** Binary16: its exponent is moved into place and multiplied to the right size, which is exact, subnormals included. */
    static void floatHalves(long codes0, long codes1, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            a = v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), a);
            b = w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), b);
            a = v.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), a);
            b = w.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    /** The upper halves of binary32. */
    static void floatBrains(long codes0, long codes1, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            a = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), a);
            b = w.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), b);
            a = v.and(0xffff0000).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), a);
            b = w.and(0xffff0000).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    /** Binary32. */
    static void floatFloats(long codes0, long codes1, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            a = v.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, x[from + c]), a);
            b = w.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, x[from + c]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }
}
