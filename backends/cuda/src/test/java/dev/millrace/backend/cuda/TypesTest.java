/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.spi.model.TensorType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights of every type: what the kernels make of them against the scalar reference. */
class TypesTest {

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void logitsAreThoseOfTheReference(TensorType type) {
        Parity parity = new Parity(SmallModels.of(type));
        double exact = parity.exact(Emulated.backend(), KeyValueType.AUTO);
        assertTrue(exact < 1e-5, () -> "exact: " + exact);
        double fast = parity.fast(Emulated.backend(), KeyValueType.AUTO);
        // plain weights are multiplied as bfloat16 in prompts, quantised ones with activations of 8 bits
        assertTrue(fast < 8e-2 && fast > exact, () -> "fast: " + fast);
    }
}
