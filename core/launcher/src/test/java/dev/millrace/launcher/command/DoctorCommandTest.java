/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.spi.backend.KernelSpeed;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the doctor makes of the speeds that it measures. */
final class DoctorCommandTest {

    private static KernelSpeed speed(String name, double decode, double prefill) {
        return new KernelSpeed(name, decode * 1e9, prefill * 1e9);
    }

    @Test
    void aKernelFarBelowTheOthersIsNamed() {
        List<KernelSpeed> usual = List.of(speed("Q4_0", 20, 90), speed("Q6_K", 8, 60), speed("F32", 30, 70));
        assertEquals(List.of(), DoctorCommand.cliffs(usual));
        assertEquals(List.of("Q8_0", "Q5_K"), DoctorCommand.cliffs(
                List.of(speed("Q4_0", 20, 90), speed("Q8_0", 0.2, 60), speed("Q5_K", 9, 0.6), speed("F32", 30, 70))));
        assertEquals(List.of(), DoctorCommand.cliffs(List.of()));
    }

    @Test
    void bandwidthIsRepeatable() throws Exception {
        double first = Bandwidth.measure(64 << 20, 2);
        double second = Bandwidth.measure(64 << 20, 2);
        // far wider than what it shows on a quiet machine, for tests run beside others
        assertEquals(1, first / second, 0.9);
    }
}
