/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * SIMD by the Vector API. Loaded only where the module {@code jdk.incubator.vector} is.
 *
 * <p>
 * Sums across lanes are made in plain Java in a fixed order: {@code reduceLanes} promises none, and gives other bits once it
 * is compiled. The few hot loops are small methods of their own, because the Vector API is very slow until they are compiled.
 */
final class VectorKernels implements Kernels {

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED.length() > 16
            ? FloatVector.SPECIES_512
            : FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int L = FLOATS.length();

    private final AttentionKernels attention = new VectorAttention();

    @Override
    public AttentionKernels attention() {
        return attention;
    }

    @Override
    public String description() {
        return "SIMD, " + FLOATS.vectorBitSize() + " bits";
    }

    @Override
    public @Nullable Unpacker unpacker(TensorType type) {
        return VectorUnpacking.of(type);
    }

    @Override
    public void dots(float[] w, int from, int stride, int rows, int n, Rows x, Rows y, int at, int first, int count,
            float[] lanes) {
        int end = first + count;
        int row = 0;
        for (; row + 4 <= rows; row += 4) {
            int r = from + row * stride;
            int i = first;
            for (; i + 4 <= end; i += 4) {
                dot4x4(w, r, stride, n, x.array(i), x.offset(i), x.array(i + 1), x.offset(i + 1), x.array(i + 2),
                        x.offset(i + 2), x.array(i + 3), x.offset(i + 3), lanes);
                for (int j = 0; j < 4; j++) {
                    float[] result = y.array(i + j);
                    int to = y.offset(i + j) + at + row;
                    for (int q = 0; q < 4; q++) {
                        result[to + q] = sum(lanes, (4 * q + j) * L, w, r + q * stride, x.array(i + j), x.offset(i + j),
                                n);
                    }
                }
            }
            for (; i < end; i++) {
                dot4x1(w, r, stride, n, x.array(i), x.offset(i), lanes);
                float[] result = y.array(i);
                int to = y.offset(i) + at + row;
                for (int q = 0; q < 4; q++) {
                    result[to + q] = sum(lanes, q * L, w, r + q * stride, x.array(i), x.offset(i), n);
                }
            }
        }
        for (; row < rows; row++) {
            int r = from + row * stride;
            for (int i = first; i < end; i++) {
                dot1x1(w, r, n, x.array(i), x.offset(i), lanes);
                y.array(i)[y.offset(i) + at + row] = sum(lanes, 0, w, r, x.array(i), x.offset(i), n);
            }
        }
    }

    private static void dot4x4(float[] w, int r0, int stride, int n, float[] x0, int o0, float[] x1, int o1, float[] x2,
            int o2, float[] x3, int o3, float[] lanes) {
        int r1 = r0 + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector c2 = a0;
        FloatVector c3 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector d2 = a0;
        FloatVector d3 = a0;
        for (int k = 0; k <= n - L; k += L) {
            FloatVector v0 = FloatVector.fromArray(FLOATS, x0, o0 + k);
            FloatVector v1 = FloatVector.fromArray(FLOATS, x1, o1 + k);
            FloatVector v2 = FloatVector.fromArray(FLOATS, x2, o2 + k);
            FloatVector v3 = FloatVector.fromArray(FLOATS, x3, o3 + k);
            FloatVector row = FloatVector.fromArray(FLOATS, w, r0 + k);
            a0 = row.fma(v0, a0);
            a1 = row.fma(v1, a1);
            a2 = row.fma(v2, a2);
            a3 = row.fma(v3, a3);
            row = FloatVector.fromArray(FLOATS, w, r1 + k);
            b0 = row.fma(v0, b0);
            b1 = row.fma(v1, b1);
            b2 = row.fma(v2, b2);
            b3 = row.fma(v3, b3);
            row = FloatVector.fromArray(FLOATS, w, r2 + k);
            c0 = row.fma(v0, c0);
            c1 = row.fma(v1, c1);
            c2 = row.fma(v2, c2);
            c3 = row.fma(v3, c3);
            row = FloatVector.fromArray(FLOATS, w, r3 + k);
            d0 = row.fma(v0, d0);
            d1 = row.fma(v1, d1);
            d2 = row.fma(v2, d2);
            d3 = row.fma(v3, d3);
        }
        a0.intoArray(lanes, 0);
        a1.intoArray(lanes, L);
        a2.intoArray(lanes, 2 * L);
        a3.intoArray(lanes, 3 * L);
        b0.intoArray(lanes, 4 * L);
        b1.intoArray(lanes, 5 * L);
        b2.intoArray(lanes, 6 * L);
        b3.intoArray(lanes, 7 * L);
        c0.intoArray(lanes, 8 * L);
        c1.intoArray(lanes, 9 * L);
        c2.intoArray(lanes, 10 * L);
        c3.intoArray(lanes, 11 * L);
        d0.intoArray(lanes, 12 * L);
        d1.intoArray(lanes, 13 * L);
        d2.intoArray(lanes, 14 * L);
        d3.intoArray(lanes, 15 * L);
    }

    private static void dot4x1(float[] w, int r0, int stride, int n, float[] x, int at, float[] lanes) {
        int r1 = r0 + stride;
        int r2 = r1 + stride;
        int r3 = r2 + stride;
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int k = 0; k <= n - L; k += L) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, at + k);
            a = FloatVector.fromArray(FLOATS, w, r0 + k).fma(v, a);
            b = FloatVector.fromArray(FLOATS, w, r1 + k).fma(v, b);
            c = FloatVector.fromArray(FLOATS, w, r2 + k).fma(v, c);
            d = FloatVector.fromArray(FLOATS, w, r3 + k).fma(v, d);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, L);
        c.intoArray(lanes, 2 * L);
        d.intoArray(lanes, 3 * L);
    }

    private static void dot1x1(float[] w, int r, int n, float[] x, int at, float[] lanes) {
        FloatVector a = FloatVector.zero(FLOATS);
        for (int k = 0; k <= n - L; k += L) {
            a = FloatVector.fromArray(FLOATS, w, r + k).fma(FloatVector.fromArray(FLOATS, x, at + k), a);
        }
        a.intoArray(lanes, 0);
    }

    /** Adds up the lanes of one sum, and the products of the columns that did not fill a vector. */
    private static float sum(float[] lanes, int from, float[] w, int r, float[] x, int at, int n) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        for (int l = from; l < from + L; l += 4) {
            a += lanes[l];
            b += lanes[l + 1];
            c += lanes[l + 2];
            d += lanes[l + 3];
        }
        float sum = a + b + (c + d);
        for (int k = n / L * L; k < n; k++) {
            sum += w[r + k] * x[at + k];
        }
        return sum;
    }

    @Override
    public void gate(float[] gate, int gateAt, float[] up, int upAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = FloatVector.fromArray(FLOATS, gate, gateAt + i);
            FloatVector silu = g.div(exp(g.neg()).add(1));
            silu.mul(FloatVector.fromArray(FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
        for (; i < n; i++) {
            gate[gateAt + i] = ScalarKernels.silu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    /** The same steps as {@link ScalarKernels#exp(float)}, and so the same bits. */
    private static FloatVector exp(FloatVector x) {
        FloatVector cut = x.min(88f).max(-87f);
        FloatVector k = cut.mul(ScalarKernels.LOG2_E).add(ScalarKernels.ROUND).sub(ScalarKernels.ROUND);
        FloatVector r = cut.sub(k.mul(ScalarKernels.LN2_HIGH)).sub(k.mul(ScalarKernels.LN2_LOW));
        FloatVector p = r.mul(ScalarKernels.C5).add(ScalarKernels.C4);
        p = p.mul(r).add(ScalarKernels.C3);
        p = p.mul(r).add(ScalarKernels.C2);
        p = p.mul(r).add(ScalarKernels.C1);
        p = p.mul(r).add(ScalarKernels.C0);
        p = p.mul(r).mul(r).add(r).add(1);
        IntVector power = ((IntVector) k.convertShape(VectorOperators.F2I, INTS, 0)).add(127)
                .lanewise(VectorOperators.LSHL, 23);
        return p.mul(power.reinterpretAsFloats());
    }
}
