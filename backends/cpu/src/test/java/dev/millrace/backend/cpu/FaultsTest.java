/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Damaged weights: the layer is named, and what comes of them is no answer. */
class FaultsTest {

    @ParameterizedTest
    @CsvSource({"F32, embedding, the embedding", "F32, 0.in, layer 0 of 4 (counted from 0) in its short convolution",
            "F32, 0.down, layer 0 of 4 (counted from 0) in its feed-forward",
            "F32, 1.o, layer 1 of 4 (counted from 0) in its attention",
            "F32, 1.qn.norm, layer 1 of 4 (counted from 0) in its attention",
            "F32, 2.kernel, layer 2 of 4 (counted from 0) in its short convolution",
            "F32, 3.o, layer 3 of 4 (counted from 0) in its attention",
            "Q4_0, 2.out, layer 2 of 4 (counted from 0) in its short convolution",
            "Q8_0, 1.gate, layer 1 of 4 (counted from 0) in its feed-forward"})
    void theLayerIsNamed(TensorType type, String tensor, String expected) {
        for (Device device : Run.BACKEND.devices()) {
            for (Precision precision : Precision.values()) {
                try (Executor executor = Run.load(RandomModel.broken(type, tensor), device, 2, precision);
                        Sequence sequence = executor.newSequence()) {
                    Step step = new Step(sequence, RandomModel.VOCABULARY).feed(new int[]{3, 0, 4}, 0, 3,
                            Step.Logits.LAST);
                    executor.forward(List.of(step));
                    assertTrue(step.failed(), device.id() + " " + precision);
                    String message = step.failure().orElseThrow().getMessage();
                    assertTrue(message.replace(",", "").contains(expected), message);
                    assertThrows(IllegalStateException.class, sequence::fork);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FAST", "EXACT"})
    void othersInTheSamePassGoOn(Precision precision) {
        int[] sound = {5, 6, 7};
        Device device = Run.BACKEND.devices().getFirst();
        try (Executor executor = Run.load(RandomModel.broken(TensorType.F32, "embedding"), device, 2, precision);
                Sequence alone = executor.newSequence();
                Sequence one = executor.newSequence();
                Sequence two = executor.newSequence()) {
            float[] expected = Run.feed(executor, alone, RandomModel.VOCABULARY, sound);
            Step bad = new Step(one, RandomModel.VOCABULARY).feed(new int[]{1, 0}, 0, 2, Step.Logits.LAST);
            Step good = new Step(two, RandomModel.VOCABULARY).feed(sound, 0, 3, Step.Logits.LAST);
            executor.forward(List.of(bad, good));
            assertTrue(bad.failed());
            assertFalse(good.failed());
            assertArrayEquals(expected, Arrays.copyOf(good.logits(), RandomModel.VOCABULARY));
        }
    }
}
