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

/** Matmul of a group of weights that are not quantised with one vector of floats. */
final class FloatDots {

    private FloatDots() {
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
    static void bfloat16s(long group, int chunks, float[] x, int from, float[] y, int at) {
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
