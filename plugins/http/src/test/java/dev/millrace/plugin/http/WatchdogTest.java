/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is interrupted, and who is not. The rounds are the test's own: the watchdog itself rests for hours. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class WatchdogTest {

    private static final Duration ROUND = Duration.ofHours(1);

    @Test
    void aWaitThatIsTooLongIsCutAndTheNextOneIsNot() {
        try (Watchdog watchdog = new Watchdog(ROUND); Watchdog.Watch watch = watchdog.watch()) {
            watch.begin(ROUND.multipliedBy(3));
            for (int round = 0; round < 3; round++) {
                watchdog.look();
                assertFalse(Thread.currentThread().isInterrupted());
            }
            watchdog.look();
            assertTrue(Thread.currentThread().isInterrupted());
            assertTrue(watch.end());
            assertFalse(Thread.currentThread().isInterrupted());
            watch.begin(ROUND);
            watchdog.look();
            assertFalse(watch.end());
        }
    }

    @Test
    void noClientIsBlamedForTheTimeInWhichTheWatchdogDidNotRunEither() {
        try (Watchdog watchdog = new Watchdog(ROUND); Watchdog.Watch watch = watchdog.watch()) {
            watch.begin(Duration.ofNanos(1));
            long begin = System.nanoTime();
            while (System.nanoTime() - begin < 1_000_000) {
                Thread.onSpinWait();
            }
            watchdog.look();
            assertFalse(Thread.currentThread().isInterrupted());
            assertFalse(watch.end());
        }
    }
}
