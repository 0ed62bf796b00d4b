/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a model is said to need is what the driver gives it. */
class AdmissionTest {

    private static final int PIECE = 64;

    private final Faults faults = new Faults();
    private final CudaBackend backend = Emulated.backend();
    private final Device device = backend.devices().getFirst();

    private long needs(Blueprint model, LoadOptions options) {
        return assertInstanceOf(Fit.Good.class, backend.fit(model, device, options)).bytes();
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 256})
    void oneSequenceThatFillsTheContextTakesNoMoreThanIsSaid(int context) {
        for (Blueprint model : List.of(CudaContractTest.model(), SmallModels.ofAllKernels())) {
            LoadOptions options = LoadOptions.of(context);
            long before = faults.live(Faults.Call.ALLOC);
            try (Executor executor = backend.load(model, device, options, Progress.NONE)) {
                Step step = new Step(executor.newSequence(), model.vocabularySize());
                for (int at = 0; at < context; at += PIECE) {
                    executor.forward(List.of(step.feed(new int[PIECE], 0, PIECE, Step.Logits.NONE)));
                }
                long taken = faults.live(Faults.Call.ALLOC) - before;
                long said = needs(model, options);
                assertTrue(taken <= said, taken + " taken, " + said + " said");
                assertTrue(taken > said - said / 4, taken + " taken, " + said + " said");
            }
        }
    }

    @Test
    void whoDoesNotFitIsToldBothNumbers() {
        Blueprint model = SmallModels.ofAllKernels();
        LoadOptions options = LoadOptions.of(4096);
        long needs = needs(model, options);
        for (long memory : new long[]{needs - 1, needs / 2}) {
            Device small = new Device(device.id(), device.backend(), device.description(), memory);
            Fit.Refused refused = assertInstanceOf(Fit.Refused.class, backend.fit(model, small, options));
            assertEquals(Fit.Cause.MEMORY, refused.cause());
            assertTrue(refused.reason().contains(String.format(Locale.ROOT,
                    "needs %.1f GB on the device, which has %.1f GB", needs / 1e9, memory / 1e9)), refused.reason());
        }
    }

    /** A device has no more blocks one below the other. */
    @Test
    void eachExpertOfEachTokenOfAPassHasItsBlock() {
        for (int used : new int[]{1, 10, 32}) {
            Needs needs = Needs.of(SmallModels.ofManyExperts(used), LoadOptions.of(4096), 40L << 30);
            assertTrue(needs.tokens() * used <= 65_535, needs + " with " + used + " experts at work");
            assertTrue(needs.tokens() > 2000, needs + " with " + used + " experts at work");
        }
    }
}
