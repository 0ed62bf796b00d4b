/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static dev.millrace.backend.cpu.RandomModel.VOCABULARY;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link dev.millrace.spi.backend.Limits#sameBits} on all devices, for all types of weights. */
class SameBitsTest {

    /** What guesses of tokens rest on: they are read with the token before, and cut off again where they were wrong. */
    @ParameterizedTest
    @EnumSource
    void severalTokensAtOnceGiveTheBitsOfOneAfterTheOther(TensorType type) {
        Blueprint blueprint = RandomModel.of(type);
        int[] tokens = Run.tokens(60, VOCABULARY);
        for (Device device : Run.BACKEND.devices()) {
            for (Precision precision : Precision.values()) {
                try (Executor executor = Run.load(blueprint, device, 2, precision);
                        Sequence single = executor.newSequence();
                        Sequence several = executor.newSequence()) {
                    assertTrue(executor.limits().sameBits());
                    Run.feed(executor, single, VOCABULARY, Arrays.copyOf(tokens, 15));
                    Run.feed(executor, several, VOCABULARY, Arrays.copyOf(tokens, 15));
                    Step step = new Step(several, VOCABULARY);
                    int[] wrong = tokens.clone();
                    for (int from = 15, count = 1; count <= 9; from += count / 2 + 1, count++) {
                        // the second half of them turns out to be wrong
                        int right = count / 2 + 1;
                        Arrays.fill(wrong, from + right, from + count, 7);
                        executor.forward(List.of(step.feed(wrong, from, from + count, Step.Logits.ALL)));
                        System.arraycopy(tokens, from, wrong, from, count);
                        assertTrue(several.truncate(from + right));
                        for (int i = 0; i < right; i++) {
                            float[] expected = Run.feed(executor, single, VOCABULARY, tokens[from + i]);
                            assertArrayEquals(expected,
                                    Arrays.copyOfRange(step.logits(), i * VOCABULARY, (i + 1) * VOCABULARY),
                                    device.id() + " " + precision + ", " + count + " tokens, the one at " + i);
                        }
                    }
                }
            }
        }
    }
}
