/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

/**
 * Makes one value of a gate value {@code g} and an up value {@code u}. Minor versions may add kinds.
 */
public sealed interface Activation {

    /** {@code silu(g) * u} with {@code silu(g) = g / (1 + e^-g)}. */
    Activation SILU = new Silu();

    /** {@code gelu(g) * u} in the tanh form. */
    Activation GELU = new Gelu();

    /** {@code silu(g) * u}: SwiGLU (Shazeer, 2020). */
    record Silu() implements Activation {
    }

    /** {@code gelu(g) * u} with {@code gelu(g) = g / 2 * (1 + tanh(sqrt(2 / pi) * (g + 0.044715 g^3)))}: GEGLU. */
    record Gelu() implements Activation {
    }

    /**
     * {@code c * sigmoid(alpha * c) * (v + 1)} with {@code c = min(g, limit)} and {@code v} the up value kept between
     * {@code -limit} and {@code limit}, as gpt-oss has it.
     *
     * @param alpha steepness of the sigmoid
     * @param limit bound of both values
     */
    record ClampedSwiglu(float alpha, float limit) implements Activation {
    }
}
