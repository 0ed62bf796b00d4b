/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;
import static dev.millrace.backend.cpu.kernels.vector.Simd.SHORTS;

import dev.millrace.backend.cpu.kernels.Activations;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Matmul of a panel of unpacked weights with a tile of vectors: the loops that read a prompt. Two sums a vector stay in
 * registers. Written out, since C2 keeps neither arrays of vectors in registers nor helpers that return vectors in line. Scaling in a
 * method of its own, over sums stored between the two, was 12 % slower.
 */
final class VectorTiles {

    private VectorTiles() {
    }

    /** Sums of 4 vectors over columns that share a scale, in 16 bits, then scaled and added to the results. */
    static void tile4(short[] panel, int from, int pairs, int[] x, int pair, float[] inputScales, int inputScale,
            float[] scales, int scale0, int scale1, float[] y, int at) {
        ShortVector a0 = ShortVector.zero(SHORTS);
        ShortVector b0 = a0;
        ShortVector a1 = a0;
        ShortVector b1 = a0;
        ShortVector a2 = a0;
        ShortVector b2 = a0;
        ShortVector a3 = a0;
        ShortVector b3 = a0;
        for (int k = 0; k < pairs; k++) {
            ShortVector v = ShortVector.fromArray(SHORTS, panel, from + k * 4 * L);
            ShortVector w = ShortVector.fromArray(SHORTS, panel, from + k * 4 * L + 2 * L);
            int p = pair + k * Activations.TILE;
            ShortVector t = IntVector.broadcast(INTS, x[p]).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            b0 = w.mul(t).add(b0);
            t = IntVector.broadcast(INTS, x[p + 1]).reinterpretAsShorts();
            a1 = v.mul(t).add(a1);
            b1 = w.mul(t).add(b1);
            t = IntVector.broadcast(INTS, x[p + 2]).reinterpretAsShorts();
            a2 = v.mul(t).add(a2);
            b2 = w.mul(t).add(b2);
            t = IntVector.broadcast(INTS, x[p + 3]).reinterpretAsShorts();
            a3 = v.mul(t).add(a3);
            b3 = w.mul(t).add(b3);
        }
        FloatVector s0 = FloatVector.fromArray(FLOATS, scales, scale0);
        FloatVector s1 = FloatVector.fromArray(FLOATS, scales, scale1);
        IntVector i;
        i = a0.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at))
                .intoArray(y, at);
        i = b0.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + L)).intoArray(y, at + L);
        i = a1.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale + 1])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 2 * L)).intoArray(y, at + 2 * L);
        i = b1.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale + 1])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 2 * L + L)).intoArray(y, at + 2 * L + L);
        i = a2.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale + 2])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 4 * L)).intoArray(y, at + 4 * L);
        i = b2.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale + 2])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 4 * L + L)).intoArray(y, at + 4 * L + L);
        i = a3.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale + 3])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 6 * L)).intoArray(y, at + 6 * L);
        i = b3.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(inputScales[inputScale + 3])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 6 * L + L)).intoArray(y, at + 6 * L + L);
    }

    /** Sums of 4 vectors over a block, of whole numbers and so exact, then scaled and added to the results. */
    static void whole4(float[] panel, float[] x, int from, float[] inputScales, int inputScale, float[] scales,
            int scale,
            float[] y, int at) {
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector b0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        for (int k = 0; k < Activations.BLOCK; k++) {
            FloatVector v = FloatVector.fromArray(FLOATS, panel, k * 2 * L);
            FloatVector w = FloatVector.fromArray(FLOATS, panel, k * 2 * L + L);
            int i = from + k * Activations.TILE;
            FloatVector t = FloatVector.broadcast(FLOATS, x[i]);
            a0 = v.fma(t, a0);
            b0 = w.fma(t, b0);
            t = FloatVector.broadcast(FLOATS, x[i + 1]);
            a1 = v.fma(t, a1);
            b1 = w.fma(t, b1);
            t = FloatVector.broadcast(FLOATS, x[i + 2]);
            a2 = v.fma(t, a2);
            b2 = w.fma(t, b2);
            t = FloatVector.broadcast(FLOATS, x[i + 3]);
            a3 = v.fma(t, a3);
            b3 = w.fma(t, b3);
        }
        FloatVector s0 = FloatVector.fromArray(FLOATS, scales, scale);
        FloatVector s1 = FloatVector.fromArray(FLOATS, scales, scale + L);
        a0.mul(inputScales[inputScale]).fma(s0, FloatVector.fromArray(FLOATS, y, at)).intoArray(y, at);
        b0.mul(inputScales[inputScale]).fma(s1, FloatVector.fromArray(FLOATS, y, at + L)).intoArray(y, at + L);
        a1.mul(inputScales[inputScale + 1]).fma(s0, FloatVector.fromArray(FLOATS, y, at + 2 * L)).intoArray(y,
                at + 2 * L);
        b1.mul(inputScales[inputScale + 1]).fma(s1, FloatVector.fromArray(FLOATS, y, at + 2 * L + L)).intoArray(y,
                at + 2 * L + L);
        a2.mul(inputScales[inputScale + 2]).fma(s0, FloatVector.fromArray(FLOATS, y, at + 4 * L)).intoArray(y,
                at + 4 * L);
        b2.mul(inputScales[inputScale + 2]).fma(s1, FloatVector.fromArray(FLOATS, y, at + 4 * L + L)).intoArray(y,
                at + 4 * L + L);
        a3.mul(inputScales[inputScale + 3]).fma(s0, FloatVector.fromArray(FLOATS, y, at + 6 * L)).intoArray(y,
                at + 6 * L);
        b3.mul(inputScales[inputScale + 3]).fma(s1, FloatVector.fromArray(FLOATS, y, at + 6 * L + L)).intoArray(y,
                at + 6 * L + L);
    }

    static void tile8(float[] panel, int count, float[] x, int from, float[] y, int at) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, y, at);
        FloatVector b0 = FloatVector.fromArray(FLOATS, y, at + L);
        FloatVector a1 = FloatVector.fromArray(FLOATS, y, at + 2 * L);
        FloatVector b1 = FloatVector.fromArray(FLOATS, y, at + 2 * L + L);
        FloatVector a2 = FloatVector.fromArray(FLOATS, y, at + 4 * L);
        FloatVector b2 = FloatVector.fromArray(FLOATS, y, at + 4 * L + L);
        FloatVector a3 = FloatVector.fromArray(FLOATS, y, at + 6 * L);
        FloatVector b3 = FloatVector.fromArray(FLOATS, y, at + 6 * L + L);
        FloatVector a4 = FloatVector.fromArray(FLOATS, y, at + 8 * L);
        FloatVector b4 = FloatVector.fromArray(FLOATS, y, at + 8 * L + L);
        FloatVector a5 = FloatVector.fromArray(FLOATS, y, at + 10 * L);
        FloatVector b5 = FloatVector.fromArray(FLOATS, y, at + 10 * L + L);
        FloatVector a6 = FloatVector.fromArray(FLOATS, y, at + 12 * L);
        FloatVector b6 = FloatVector.fromArray(FLOATS, y, at + 12 * L + L);
        FloatVector a7 = FloatVector.fromArray(FLOATS, y, at + 14 * L);
        FloatVector b7 = FloatVector.fromArray(FLOATS, y, at + 14 * L + L);
        for (int k = 0; k < count; k++) {
            FloatVector v = FloatVector.fromArray(FLOATS, panel, k * 2 * L);
            FloatVector w = FloatVector.fromArray(FLOATS, panel, k * 2 * L + L);
            int i = from + k * Activations.TILE;
            FloatVector t = FloatVector.broadcast(FLOATS, x[i]);
            a0 = v.fma(t, a0);
            b0 = w.fma(t, b0);
            t = FloatVector.broadcast(FLOATS, x[i + 1]);
            a1 = v.fma(t, a1);
            b1 = w.fma(t, b1);
            t = FloatVector.broadcast(FLOATS, x[i + 2]);
            a2 = v.fma(t, a2);
            b2 = w.fma(t, b2);
            t = FloatVector.broadcast(FLOATS, x[i + 3]);
            a3 = v.fma(t, a3);
            b3 = w.fma(t, b3);
            t = FloatVector.broadcast(FLOATS, x[i + 4]);
            a4 = v.fma(t, a4);
            b4 = w.fma(t, b4);
            t = FloatVector.broadcast(FLOATS, x[i + 5]);
            a5 = v.fma(t, a5);
            b5 = w.fma(t, b5);
            t = FloatVector.broadcast(FLOATS, x[i + 6]);
            a6 = v.fma(t, a6);
            b6 = w.fma(t, b6);
            t = FloatVector.broadcast(FLOATS, x[i + 7]);
            a7 = v.fma(t, a7);
            b7 = w.fma(t, b7);
        }
        a0.intoArray(y, at);
        b0.intoArray(y, at + L);
        a1.intoArray(y, at + 2 * L);
        b1.intoArray(y, at + 2 * L + L);
        a2.intoArray(y, at + 4 * L);
        b2.intoArray(y, at + 4 * L + L);
        a3.intoArray(y, at + 6 * L);
        b3.intoArray(y, at + 6 * L + L);
        a4.intoArray(y, at + 8 * L);
        b4.intoArray(y, at + 8 * L + L);
        a5.intoArray(y, at + 10 * L);
        b5.intoArray(y, at + 10 * L + L);
        a6.intoArray(y, at + 12 * L);
        b6.intoArray(y, at + 12 * L + L);
        a7.intoArray(y, at + 14 * L);
        b7.intoArray(y, at + 14 * L + L);
    }

    static void tile4(float[] panel, int count, float[] x, int from, float[] y, int at) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, y, at);
        FloatVector b0 = FloatVector.fromArray(FLOATS, y, at + L);
        FloatVector a1 = FloatVector.fromArray(FLOATS, y, at + 2 * L);
        FloatVector b1 = FloatVector.fromArray(FLOATS, y, at + 2 * L + L);
        FloatVector a2 = FloatVector.fromArray(FLOATS, y, at + 4 * L);
        FloatVector b2 = FloatVector.fromArray(FLOATS, y, at + 4 * L + L);
        FloatVector a3 = FloatVector.fromArray(FLOATS, y, at + 6 * L);
        FloatVector b3 = FloatVector.fromArray(FLOATS, y, at + 6 * L + L);
        for (int k = 0; k < count; k++) {
            FloatVector v = FloatVector.fromArray(FLOATS, panel, k * 2 * L);
            FloatVector w = FloatVector.fromArray(FLOATS, panel, k * 2 * L + L);
            int i = from + k * Activations.TILE;
            FloatVector t = FloatVector.broadcast(FLOATS, x[i]);
            a0 = v.fma(t, a0);
            b0 = w.fma(t, b0);
            t = FloatVector.broadcast(FLOATS, x[i + 1]);
            a1 = v.fma(t, a1);
            b1 = w.fma(t, b1);
            t = FloatVector.broadcast(FLOATS, x[i + 2]);
            a2 = v.fma(t, a2);
            b2 = w.fma(t, b2);
            t = FloatVector.broadcast(FLOATS, x[i + 3]);
            a3 = v.fma(t, a3);
            b3 = w.fma(t, b3);
        }
        a0.intoArray(y, at);
        b0.intoArray(y, at + L);
        a1.intoArray(y, at + 2 * L);
        b1.intoArray(y, at + 2 * L + L);
        a2.intoArray(y, at + 4 * L);
        b2.intoArray(y, at + 4 * L + L);
        a3.intoArray(y, at + 6 * L);
        b3.intoArray(y, at + 6 * L + L);
    }
}
