/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.BackendException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one executor. The thread that calls {@link #run} is worker 0, the others wait for it: they spin for a moment,
 * because a token has many short regions, then park.
 */
final class Workers implements AutoCloseable {

    /** What all workers do at once. */
    @FunctionalInterface
    interface Region {
        /** Does one worker's share. */
        void run(int worker, int workers);
    }

    /** Work on a range of items, of which each stands alone. */
    @FunctionalInterface
    interface Items {
        /** Does the items from one to before another. */
        void run(int worker, int from, int to);
    }

    /** Operations on floats below which a region costs more than it gains. */
    private static final long WORTHWHILE = 50_000;
    private static final int SPINS = 20_000;

    private final Thread[] threads;
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile int generation;
    private volatile boolean closed;
    private volatile @Nullable Thread caller;
    private @Nullable Region region;
    private final Region bands = this::band;
    private @Nullable Items items;
    private int itemCount;

    /** Starts the threads, one fewer than workers. */
    Workers(int workers) {
        threads = new Thread[workers - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = Thread.ofPlatform().daemon().name("millrace-cpu-" + worker).unstarted(() -> work(worker));
        }
        for (Thread thread : threads) {
            thread.start();
        }
    }

    /** Workers, the caller included. */
    int count() {
        return threads.length + 1;
    }

    /**
     * Runs a region on all workers and waits for them.
     *
     * @throws BackendException if it failed on any; all have stopped then
     */
    void run(Region work) {
        if (threads.length == 0) {
            guarded(work, 0);
        } else {
            region = work;
            caller = Thread.currentThread();
            busy.set(threads.length);
            generation++; // written by one thread only
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
            guarded(work, 0);
            for (int spins = 0; busy.get() > 0; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            caller = null;
            region = null;
        }
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) {
            throw failed(thrown);
        }
    }

    /**
     * Runs work on all items, in contiguous bands, or on the caller alone if there is little to do.
     *
     * @param work what to do
     * @param count items
     * @param cost operations on floats for one item
     */
    void run(Items work, int count, long cost) {
        if (threads.length == 0 || count * cost < WORTHWHILE) {
            work.run(0, 0, count);
            return;
        }
        items = work;
        itemCount = count;
        try {
            run(bands);
        } finally {
            items = null;
        }
    }

    private void band(int worker, int workers) {
        int from = (int) ((long) itemCount * worker / workers);
        int to = (int) ((long) itemCount * (worker + 1) / workers);
        Items work = items;
        if (work != null && from < to) {
            work.run(worker, from, to);
        }
    }

    /** A failure while computing, as callers see it. */
    static BackendException failed(Throwable cause) {
        if (cause instanceof InternalError) {
            return new BackendException(
                    "Reading the weights failed: the model file was changed or cut off while it was in use,"
                            + " or its disk failed; load the model again.",
                    cause);
        }
        if (cause instanceof OutOfMemoryError) {
            return new BackendException(
                    "The CPU backend ran out of memory while it computed; use a smaller context or a larger heap.",
                    cause);
        }
        return new BackendException("The CPU backend failed while it computed: " + cause, cause);
    }

    private void guarded(Region work, int worker) {
        try {
            work.run(worker, count());
        } catch (Throwable e) { // whatever it is, it belongs to the caller
            failure.compareAndSet(null, e);
        }
    }

    private void work(int worker) {
        int seen = 0;
        while (true) {
            for (int spins = 0; generation == seen; spins++) {
                if (closed) {
                    return;
                }
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            seen++;
            Region work = region;
            if (work != null) {
                guarded(work, worker);
            }
            Thread waiting = caller;
            if (busy.decrementAndGet() == 0) {
                LockSupport.unpark(waiting);
            }
        }
    }

    /** Stops the threads and waits until they are gone. Closing twice does nothing. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true; // handed on below: threads must be gone before memory is freed
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
