/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Device;
import dev.millrace.spi.backend.KernelSpeed;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the backend tells of its own speed. */
class KernelMeasurementsTest {

    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.Run#devices")
    void everyKernelIsMeasuredOnce(Device device) {
        List<KernelSpeed> speeds = Run.BACKEND.measure(device, Duration.ofMillis(1));
        List<String> kernels = speeds.stream().map(KernelSpeed::kernel).toList();
        assertEquals(kernels.stream().distinct().toList(), kernels);
        assertTrue(kernels.containsAll(List.of("Q4_0", "Q8_0", "Q4_K", "Q6_K", "F16", "F32")), kernels::toString);
        for (KernelSpeed speed : speeds) {
            assertTrue(speed.decode() > 0 && Double.isFinite(speed.decode()), speed::toString);
            assertTrue(speed.prefill() > 0 && Double.isFinite(speed.prefill()), speed::toString);
        }
    }

    /** As a thread does that has to wait for a processor. */
    @Test
    void whatOthersComputeMeanwhileMakesNoKernelSlow() {
        assumeTrue(ManagementFactory.getThreadMXBean().isCurrentThreadCpuTimeSupported(), "no times of threads");
        long[] rounds = new long[1];
        long start = System.nanoTime();
        double rate = KernelMeasurements.rate(() -> {
            LockSupport.parkNanos(2_000_000);
            rounds[0]++;
            return 1;
        }, Duration.ofMillis(1));
        double passed = rounds[0] * 1e9 / (System.nanoTime() - start);
        assertTrue(rate > 2 * passed, rate + " rounds of a second's work, " + passed + " of a second");
    }

    @Test
    void aDeviceOfSomebodyElseHasNoKernelsHere() {
        assertEquals(List.of(), Run.BACKEND.measure(new Device("gpu:0", "gpu", "", 0), Duration.ofMillis(1)));
    }
}
