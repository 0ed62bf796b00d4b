/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Interrupts threads that wait too long for a client: one that does not read what is written, or sends its body too slowly.
 * Nothing else frees them: closing the connection from another thread would wait for them.
 *
 * <p>
 * Time is counted in rounds of the watchdog and not by a clock. Where the processor is short, a thread whose client has read long ago
 * waits for its turn, and so does the watchdog: its rounds last longer, and no client is blamed for that.
 */
final class Watchdog implements AutoCloseable {

    private static final Duration ROUND = Duration.ofMillis(250);

    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private final Duration round;
    private final Thread thread;
    private volatile boolean closed;

    Watchdog() {
        this(ROUND);
    }

    /**
     * A watchdog.
     *
     * @param round how long it rests
     */
    Watchdog(Duration round) {
        this.round = round;
        thread = Thread.ofVirtual().name("millrace-http-watchdog").start(this::run);
    }

    /** A watch over the calling thread, closed when the exchange is over. */
    Watch watch() {
        Watch watch = new Watch(Thread.currentThread());
        watches.add(watch);
        return watch;
    }

    private void run() {
        while (!closed) {
            long begin = System.nanoTime();
            for (long rest = round.toNanos(); rest > 0 && !closed; rest = begin + round.toNanos() - System.nanoTime()) {
                LockSupport.parkNanos(this, rest);
            }
            look();
        }
    }

    /** One round. */
    void look() {
        watches.forEach(Watch::look);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }

    /** Over one thread. */
    final class Watch implements AutoCloseable {

        private final Thread watched;
        private boolean waiting;
        private long rounds;
        private boolean interrupted;

        private Watch(Thread watched) {
            this.watched = watched;
        }

        /** From now on the thread waits for the client. */
        synchronized void begin(Duration limit) {
            waiting = true;
            rounds = Math.ceilDiv(limit.toNanos(), round.toNanos());
        }

        /**
         * The wait is over.
         *
         * @return whether it was cut
         */
        synchronized boolean end() {
            waiting = false;
            boolean cut = interrupted;
            if (cut) {
                interrupted = false;
                Thread.interrupted(); // it was meant for the wait alone
            }
            return cut;
        }

        private synchronized void look() {
            // the first round may have begun long before the wait
            if (waiting && --rounds < 0) {
                interrupted = true;
                watched.interrupt();
            }
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }
}
