/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

/** Keeps all connections together below a rate. Safe for use from any thread. */
final class Throttle {

    private final long bytesPerSecond;
    private long free = System.nanoTime();

    /**
     * A limit.
     *
     * @param bytesPerSecond 0 for none
     */
    Throttle(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Waits until so many bytes may have arrived. */
    void passed(int bytes) throws InterruptedException {
        if (bytesPerSecond == 0) {
            return;
        }
        long wait;
        synchronized (this) {
            long now = System.nanoTime();
            free = Math.max(free, now) + (long) (bytes * 1e9 / bytesPerSecond);
            wait = free - now;
        }
        Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
    }
}
