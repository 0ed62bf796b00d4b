/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Lets only so many answers run at once, for everybody and for each caller. The others wait in the order they came. */
public final class Gate {

    private final int mostRunning;
    private final int mostRunningOfOne;
    private final int mostWaitingOfOne;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Place> waiting = new ArrayList<>();
    private final Map<String, Integer> running = new HashMap<>();
    private int allRunning;

    /**
     * A gate.
     *
     * @param running answers that run at once
     * @param runningOfOne of these, for one caller
     * @param waitingOfOne answers that may wait, for one caller
     */
    public Gate(int running, int runningOfOne, int waitingOfOne) {
        this.mostRunning = running;
        this.mostRunningOfOne = runningOfOne;
        this.mostWaitingOfOne = waitingOfOne;
    }

    /**
     * Takes a place in the queue.
     *
     * @return the place, closed by the caller when the answer is over
     * @throws ApiError 429 if too many of this caller wait
     */
    public Place join(String caller) {
        lock.lock();
        try {
            Place place = new Place(caller);
            waiting.add(place);
            admit();
            if (!place.admitted) {
                long ofCaller = waiting.stream().filter(other -> other.caller.equals(caller)).count();
                if (ofCaller > mostWaitingOfOne) {
                    waiting.remove(place);
                    throw ApiError.busy(429, "Too many requests wait for an answer ("
                            + mostWaitingOfOne + "): come again later.", 1 + waiting.size() / Math.max(1, mostRunning));
                }
            }
            return place;
        } finally {
            lock.unlock();
        }
    }

    private void admit() {
        for (Iterator<Place> places = waiting.iterator(); places.hasNext() && allRunning < mostRunning;) {
            Place place = places.next();
            if (running.getOrDefault(place.caller, 0) < mostRunningOfOne) {
                places.remove();
                place.admitted = true;
                running.merge(place.caller, 1, Integer::sum);
                allRunning++;
            }
        }
        changed.signalAll();
    }

    /** Answers that run now. */
    public int running() {
        lock.lock();
        try {
            return allRunning;
        } finally {
            lock.unlock();
        }
    }

    /** Answers that wait now. */
    public int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /** A place in the queue, and later among those that run. */
    public final class Place implements AutoCloseable {

        private final String caller;
        private boolean admitted;
        private boolean closed;

        private Place(String caller) {
            this.caller = caller;
        }

        /**
         * Waits for the turn.
         *
         * @return whether it has come
         */
        public boolean await(Duration most) throws InterruptedException {
            lock.lock();
            try {
                long left = most.toNanos();
                while (!admitted && left > 0) {
                    left = changed.awaitNanos(left);
                }
                return admitted;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                closed = true;
                if (admitted) {
                    allRunning--;
                    running.computeIfPresent(caller, (name, count) -> count == 1 ? null : count - 1);
                } else {
                    waiting.remove(this);
                }
                admit();
            } finally {
                lock.unlock();
            }
        }
    }
}
