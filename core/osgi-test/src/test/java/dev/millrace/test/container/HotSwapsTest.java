/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.test.HotSwaps;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;

/** Moves under streaming conversations inside a framework; the backend's bundle goes and comes back, too. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
@Timeout(600)
@SuppressWarnings("NullAway.Init")
class HotSwapsTest {

    private static final int SWAPS = HotSwaps.SWAPS * 2 / 5;
    private static final int UPDATES = 5;

    @InjectBundleContext
    BundleContext context;

    @Test
    void answersAreTheSameWhileTheModelMovesToAndFro(@InjectService(timeout = 10_000) Millrace millrace)
            throws Exception {
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, SWAPS, HotSwaps.betweenDevices(millrace));
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.moves() >= SWAPS, "" + outcome.moves());
        assertTrue(outcome.answers() > 0);
    }

    @Test
    void answersAreTheSameWhileTheirOnlyBackendIsStoppedAndStarted(@InjectService(timeout = 10_000) Millrace millrace)
            throws Exception {
        Bundle cpu = Arrays.stream(context.getBundles())
                .filter(bundle -> "dev.millrace.backend.cpu".equals(bundle.getSymbolicName())).findFirst()
                .orElseThrow();
        HotSwaps.Outcome outcome = HotSwaps.run(millrace, UPDATES, (model, number) -> {
            // somewhere in the middle of the answers
            LockSupport.parkNanos(20_000_000L * (number % 5 + 1));
            long start = System.nanoTime();
            cpu.stop();
            assertTrue(System.nanoTime() - start < 5_000_000_000L, "stopping waits for no model");
            cpu.start();
        });
        assertEquals(List.of(), outcome.wrong());
        assertTrue(outcome.answers() > 0);
    }
}
