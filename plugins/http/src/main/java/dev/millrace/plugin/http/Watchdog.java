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
 */
final class Watchdog implements AutoCloseable {

    private static final Duration ROUND = Duration.ofMillis(250);

    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private final Thread thread;
    private volatile boolean closed;

    Watchdog() {
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
            LockSupport.parkNanos(this, ROUND.toNanos());
            long now = System.nanoTime();
            watches.forEach(watch -> watch.look(now));
        }
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
        private long deadline;
        private boolean interrupted;

        private Watch(Thread watched) {
            this.watched = watched;
        }

        /** From now on the thread waits for the client. */
        synchronized void begin(Duration limit) {
            waiting = true;
            deadline = System.nanoTime() + limit.toNanos();
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

        private synchronized void look(long now) {
            if (waiting && now - deadline > 0) {
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
