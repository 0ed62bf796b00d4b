/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a model leaves the numbers, the layer is named, and what comes of it is no answer. */
class FaultsTest {

    @ParameterizedTest
    @CsvSource({"0.out, layer 0, short convolution", "0.down, layer 0, feed-forward", "1.o, layer 1, attention",
            "1.down, layer 1, feed-forward", "2.out, layer 2, short convolution", "3.o, layer 3, attention"})
    void theLayerIsNamed(String tensor, String layer, String part) {
        for (Device device : Run.BACKEND.devices()) {
            for (Precision precision : Precision.values()) {
                try (Executor executor = Run.load(RandomModel.broken(tensor), device, 2, precision);
                        Sequence sequence = executor.newSequence()) {
                    Step step = new Step(sequence, RandomModel.VOCABULARY).feed(new int[]{3, 0, 4}, 0, 3,
                            Step.Logits.LAST);
                    executor.forward(List.of(step));
                    assertTrue(step.failed(), device.id() + " " + precision);
                    String message = String.valueOf(step.failure().orElseThrow().getMessage());
                    assertTrue(message.contains(layer + " of 4 (counted from 0), in its " + part), message);
                    assertThrows(RuntimeException.class, sequence::fork);
                }
            }
        }
    }
}
