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

/**
 * Unpacks the rows of a group for {@link VectorTiles}: integers both halves of every line, which lie side by side, floats one SIMD
 * vector of every line.
 */
final class VectorPanels {

    /** Bytes of 16 columns of 6-bit codes. */
    private static final long SIX_BITS = 3 * LINE;

    private VectorPanels() {
    }

    /**
     * Nibbles to 16-bit integers.
     *
     * @param group begins with the codes of its first column, or with the line of a super-block
     * @param first first unit
     * @param block units of a block, as a shift
     * @param section blocks of a section, as a shift
     * @param scaleBytes that lie behind the codes of a section's first block
     * @param superBlock blocks of a super-block, as a shift
     * @param superBytes that lie in front of it
     */
    static void nibbles(long group, int first, int units, int block, int section, long scaleBytes, int superBlock,
            long superBytes, short zero, short[] panel) {
        int guard = guard(group);
        int round = (1 << section) - 1;
        for (int half = 0; half < 2 * units; half++) {
            int unit = first + (half >> 1);
            long from = group + unit * LINE + (half & 1) * VECTOR_BYTES
                    + (((unit >> block) + round) >> section) * scaleBytes
                    + ((unit >> block >> superBlock) + 1) * superBytes;
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, from, LE);
            int to = guard + (half >> 1) * 16 * L + (half & 1) * 2 * L;
            x.and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel, to);
            x.lanewise(VectorOperators.LSHR, 4).and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 4 * L);
            x.lanewise(VectorOperators.LSHR, 8).and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 8 * L);
            x.lanewise(VectorOperators.LSHR, 12).and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 12 * L);
        }
    }

    /** 6-bit codes to 16-bit integers, as {@link #nibbles}. */
    static void sixBits(long group, int first, int units, int block, int section, long scaleBytes, int superBlock,
            long superBytes, short zero, short[] panel) {
        int guard = guard(group);
        int round = (1 << section) - 1;
        for (int half = 0; half < 2 * units; half++) {
            int unit = first + (half >> 1);
            long from = group + unit * SIX_BITS + (half & 1) * VECTOR_BYTES
                    + (((unit >> block) + round) >> section) * scaleBytes
                    + ((unit >> block >> superBlock) + 1) * superBytes;
            int to = guard + (half >> 1) * 32 * L + (half & 1) * 2 * L;
            IntVector a = IntVector.fromMemorySegment(INTS, MEMORY, from, LE);
            IntVector b = IntVector.fromMemorySegment(INTS, MEMORY, from + LINE, LE);
            IntVector c = IntVector.fromMemorySegment(INTS, MEMORY, from + 2 * LINE, LE);
            a.and(0x003f003f).reinterpretAsShorts().sub(zero).intoArray(panel, to);
            a.lanewise(VectorOperators.LSHR, 6).and(0x003f003f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 4 * L);
            b.and(0x003f003f).reinterpretAsShorts().sub(zero).intoArray(panel, to + 8 * L);
            b.lanewise(VectorOperators.LSHR, 6).and(0x003f003f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 12 * L);
            c.and(0x003f003f).reinterpretAsShorts().sub(zero).intoArray(panel, to + 16 * L);
            c.lanewise(VectorOperators.LSHR, 6).and(0x003f003f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 20 * L);
            a.lanewise(VectorOperators.LSHR, 12).and(0x000f000f).or(c.lanewise(VectorOperators.LSHR, 8).and(0x00300030))
                    .reinterpretAsShorts().sub(zero).intoArray(panel, to + 24 * L);
            b.lanewise(VectorOperators.LSHR, 12).and(0x000f000f)
                    .or(c.lanewise(VectorOperators.LSHR, 10).and(0x00300030))
                    .reinterpretAsShorts().sub(zero).intoArray(panel, to + 28 * L);
        }
    }

    /** Bytes to weights, with scales for every 8 units from an index on. */
    static void bytes(long codes, int units, int zero, float[] scales, int from, float[] panel, int at) {
        int guard = guard(codes);
        for (int u = 0; u < units; u++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * LINE, LE);
            FloatVector scale = FloatVector.fromArray(FLOATS, scales, from + (u >> 3) * 2 * L);
            int to = at + guard + u * 4 * 2 * L;
            ((FloatVector) x.and(255).sub(zero).convert(VectorOperators.I2F, 0)).mul(scale).intoArray(panel, to);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 16).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(scale).intoArray(panel, to + 2 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 8).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(scale).intoArray(panel, to + 4 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 24).sub(zero).convert(VectorOperators.I2F, 0)).mul(scale)
                    .intoArray(panel, to + 6 * L);
        }
    }

    /** Bytes to whole numbers. */
    static void wholeBytes(long codes, int units, int zero, float[] panel, int at) {
        int guard = guard(codes);
        for (int u = 0; u < units; u++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + u * LINE, LE);
            int to = at + guard + u * 4 * 2 * L;
            ((FloatVector) x.and(255).sub(zero).convert(VectorOperators.I2F, 0)).intoArray(panel, to);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 16).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .intoArray(panel, to + 2 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 8).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .intoArray(panel, to + 4 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 24).sub(zero).convert(VectorOperators.I2F, 0))
                    .intoArray(panel, to + 6 * L);
        }
    }

    /** 16-bit integers of a panel to whole numbers in another; for exact precision. */
    static void widen(short[] codes, int columns, float[] panel) {
        for (int column = 0; column < columns; column += 2) {
            int from = column * 2 * L;
            for (int row = 0; row < 2 * L; row++) {
                panel[column * 2 * L + row] = codes[from + 2 * row];
                panel[(column + 1) * 2 * L + row] = codes[from + 2 * row + 1];
            }
        }
    }

    /** Multiplies whole numbers with their scales. */
    static void scale(float[] scales, int from, int columns, int block, float[] panel, int at) {
        for (int column = 0; column < columns; column++) {
            int to = at + column * 2 * L;
            FloatVector.fromArray(FLOATS, panel, to)
                    .mul(FloatVector.fromArray(FLOATS, scales, from + 2 * (column / block) * L)).intoArray(panel, to);
        }
    }

    /** Adds minima. */
    static void addMinima(float[] minima, int from, int columns, int block, float[] panel, int at) {
        for (int column = 0; column < columns; column++) {
            int to = at + column * 2 * L;
            FloatVector.fromArray(FLOATS, panel, to)
                    .add(FloatVector.fromArray(FLOATS, minima, from + 2 * (column / block) * L)).intoArray(panel, to);
        }
    }

    /** IEEE 754 binary16. */
    static void halves(long codes, int chunks, float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * LINE, LE);
            int to = at + guard + c * 2 * 2 * L;
            x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT).intoArray(panel, to);
            x.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .intoArray(panel, to + 2 * L);
        }
    }

    /** The upper halves of binary32. */
    static void bfloat16(long codes, int chunks, float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * LINE, LE);
            int to = at + guard + c * 2 * 2 * L;
            x.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(panel, to);
            x.and(0xffff0000).reinterpretAsFloats().intoArray(panel, to + 2 * L);
        }
    }

    /** Binary32. */
    static void floats(long codes, int chunks, float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * LINE, LE);
            int to = at + guard + c * 2 * L;
            x.reinterpretAsFloats().intoArray(panel, to);
        }
    }
}
