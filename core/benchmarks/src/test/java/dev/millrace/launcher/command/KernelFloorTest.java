/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.spi.backend.KernelSpeed;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No kernel is a hundred times slower than it was: so far below the real floor that only a method which the compiler gave up
 * fails, and no busy machine.
 */
class KernelFloorTest {

    private static final long SMALL_BLOCK = 128L << 20;
    /** On a busy machine the compiler may come late; a kernel that it gave up stays slow. */
    private static final int ATTEMPTS = 4;

    static Stream<Device> devices() {
        return new CpuBackend().devices().stream();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void noKernelFellOffACliff(Device device) throws InterruptedException {
        CpuBackend backend = new CpuBackend();
        double bandwidth = Bandwidth.measure(SMALL_BLOCK, 1);
        List<KernelSpeed> speeds = List.of();
        List<String> below = List.of("not measured");
        for (int i = 0; i < ATTEMPTS && !below.isEmpty(); i++) {
            speeds = backend.measure(device, Duration.ofMillis(20));
            below = KernelFloor.below(speeds, KernelFloor.floor(device).smoke(), bandwidth);
        }
        assertEquals(List.of(), below, speeds + " with a bandwidth of " + bandwidth);
        assertTrue(speeds.size() >= 8, speeds::toString);
    }

    @Test
    void theFloorHoldsForDecodeAndForPrefillAndAgainstTheOthers() {
        KernelFloor.Floor floor = new KernelFloor.Floor(0.1, 2);
        assertEquals(List.of("b", "c"), KernelFloor.below(
                List.of(new KernelSpeed("a", 1, 20), new KernelSpeed("b", 0.9, 20), new KernelSpeed("c", 1, 19)), floor,
                10));
        assertEquals(List.of("d"),
                KernelFloor.below(List.of(new KernelSpeed("a", 30, 900), new KernelSpeed("b", 20, 900),
                        new KernelSpeed("d", 1, 900)), floor, 10));
    }
}
