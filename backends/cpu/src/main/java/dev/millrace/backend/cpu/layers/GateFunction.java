/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.spi.model.Activation;

/** An activation on the kernels of a model: makes one value of a gate value and an up value. */
@FunctionalInterface
public interface GateFunction {

    /** Writes n values in place of those of the gate. */
    void apply(float[] gate, int gateAt, float[] up, int upAt, int n);

    /** The function of an activation. */
    static GateFunction of(Activation activation, Kernels kernels) {
        return switch (activation) {
            case Activation.Silu silu -> kernels::silu;
            case Activation.Gelu gelu -> kernels::gelu;
            case Activation.ClampedSwiglu c -> (gate, gateAt, up, upAt, n) -> kernels.clampedSwiglu(c.alpha(),
                    c.limit(), gate, gateAt, up, upAt, n);
        };
    }
}
