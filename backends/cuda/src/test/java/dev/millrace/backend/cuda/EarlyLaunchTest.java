/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Kernels that a device may begin before the one in front of them has ended. The emulated driver refuses that for a kernel without a wait, and
 * for one that has no kernel in front of it; it runs them one after another.
 */
class EarlyLaunchTest {

    private static final int HOPPER = 90;
    private static final int AMPERE = 80;

    private Faults faults;

    @BeforeEach
    void needsCompiler() {
        faults = new Faults();
    }

    @AfterEach
    void asBefore() {
        faults.capability(AMPERE);
    }

    private float[] compute(int capability) {
        faults.capability(capability);
        faults.schedule(0);
        try (Executor executor = AllKernels.load(Precision.FAST)) {
            float[] first = AllKernels.compute(executor);
            // what comes for the second time is recorded
            assertArrayEquals(first, AllKernels.compute(executor));
            return first;
        }
    }

    @Test
    void onlyDevicesThatCanBeginKernelsEarly() {
        long before = faults.called(Faults.Call.EARLY);
        float[] expected = compute(AMPERE);
        assertEquals(before, faults.called(Faults.Call.EARLY));
        long launches = faults.called(Faults.Call.LAUNCH);
        assertArrayEquals(expected, compute(HOPPER));
        long early = faults.called(Faults.Call.EARLY) - before;
        launches = faults.called(Faults.Call.LAUNCH) - launches;
        assertTrue(early > launches / 2, early + " of " + launches + " launches");
    }

    /** A driver may refuse the text with waits; the text without them still serves. */
    @Test
    void textThatIsRefusedIsTakenWithoutWaits() {
        float[] expected = compute(AMPERE);
        faults.capability(HOPPER);
        faults.schedule(0);
        faults.fail(Faults.Call.MODULE, 1, Faults.NO_BINARY);
        try (Executor executor = AllKernels.load(Precision.FAST)) {
            assertArrayEquals(expected, AllKernels.compute(executor));
        }
    }
}
