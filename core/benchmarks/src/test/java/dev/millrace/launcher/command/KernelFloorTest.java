/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.spi.Backend;
import dev.millrace.spi.KernelSpeed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/**
 * No kernel is a hundred times slower than it was: so far below the real floor that only a method which the compiler gave up
 * fails, and no busy machine.
 */
class KernelFloorTest {

    private static final long SMALL_BLOCK = 128L << 20;

    @Test
    void noKernelFellOffACliff() throws InterruptedException {
        double bandwidth = Bandwidth.measure(SMALL_BLOCK, 1);
        List<String> below = new ArrayList<>();
        int kernels = 0;
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            for (Device device : backend.devices()) {
                for (KernelSpeed speed : backend.measure(device, Duration.ofMillis(20))) {
                    kernels++;
                    if (!KernelFloor.holds(speed, KernelFloor.floor(device).smoke(), bandwidth)) {
                        below.add(device.id() + " " + speed + " with " + bandwidth);
                    }
                }
            }
        }
        assertEquals(List.of(), below);
        assertTrue(kernels > 0);
    }

    @Test
    void theFloorHoldsForDecodeAndForPrefill() {
        KernelFloor.Floor floor = new KernelFloor.Floor(0.1, 2);
        assertTrue(KernelFloor.holds(new KernelSpeed("a", 1, 20), floor, 10));
        assertFalse(KernelFloor.holds(new KernelSpeed("a", 0.9, 20), floor, 10));
        assertFalse(KernelFloor.holds(new KernelSpeed("a", 1, 19), floor, 10));
    }
}
