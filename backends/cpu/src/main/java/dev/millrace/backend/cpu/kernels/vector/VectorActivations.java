/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;

import dev.millrace.backend.cpu.kernels.scalar.ScalarActivations;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** The functions of {@link ScalarActivations}, in the same inputScales, and so with the same bits. */
final class VectorActivations {

    private VectorActivations() {
    }

    static void silu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = FloatVector.fromArray(FLOATS, gate, gateAt + i);
            FloatVector silu = g.div(exp(g.neg()).add(1));
            silu.mul(FloatVector.fromArray(FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
        for (; i < n; i++) {
            gate[gateAt + i] = ScalarActivations.silu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    static void gelu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = FloatVector.fromArray(FLOATS, gate, gateAt + i);
            FloatVector z = g.mul(g).mul(g).mul(ScalarActivations.GELU_CUBIC).add(g.mul(ScalarActivations.GELU));
            FloatVector gelu = g.div(exp(z.neg()).add(1));
            gelu.mul(FloatVector.fromArray(FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
        for (; i < n; i++) {
            gate[gateAt + i] = ScalarActivations.gelu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    static void clampedSwiglu(float alpha, float limit, float[] gate, int gateAt, float[] up, int upAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = FloatVector.fromArray(FLOATS, gate, gateAt + i).min(limit);
            FloatVector u = FloatVector.fromArray(FLOATS, up, upAt + i).min(limit).max(-limit).add(1);
            g.div(exp(g.mul(alpha).neg()).add(1)).mul(u).intoArray(gate, gateAt + i);
        }
        for (; i < n; i++) {
            gate[gateAt + i] = ScalarActivations.clampedSwiglu(alpha, limit, gate[gateAt + i], up[upAt + i]);
        }
    }

    static FloatVector tanh(FloatVector x) {
        return FloatVector.broadcast(FLOATS, 1).sub(FloatVector.broadcast(FLOATS, 2).div(exp(x.mul(2)).add(1)));
    }

    private static FloatVector exp(FloatVector x) {
        FloatVector cut = x.min(88f).max(-87f);
        FloatVector k = cut.mul(ScalarActivations.LOG2_E).add(ScalarActivations.ROUND).sub(ScalarActivations.ROUND);
        FloatVector r = cut.sub(k.mul(ScalarActivations.LN2_HIGH)).sub(k.mul(ScalarActivations.LN2_LOW));
        FloatVector p = r.mul(ScalarActivations.C5).add(ScalarActivations.C4);
        p = p.mul(r).add(ScalarActivations.C3);
        p = p.mul(r).add(ScalarActivations.C2);
        p = p.mul(r).add(ScalarActivations.C1);
        p = p.mul(r).add(ScalarActivations.C0);
        p = p.mul(r).mul(r).add(r).add(1);
        IntVector power = ((IntVector) k.convertShape(VectorOperators.F2I, INTS, 0)).add(127)
                .lanewise(VectorOperators.LSHL, 23);
        return p.mul(power.reinterpretAsFloats());
    }
}
