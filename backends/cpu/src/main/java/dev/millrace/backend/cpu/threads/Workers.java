/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.threads;

import dev.millrace.api.BackendException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one executor. The thread that calls {@link #run} is worker 0; the others help with units that they claim one
 * after the other. The caller waits for units that were claimed, never for a thread that has not come: a gateway has other
 * work to do, and a thread without a core must not hold up the token.
 *
 * <p>
 * Idle threads spin for a moment, because a token has many short regions, then park.
 */
public final class Workers implements AutoCloseable {

    /** Work that is cut into units, of which each stands alone. */
    @FunctionalInterface
    public interface Region {
        /** Does one unit, on one of the workers. */
        void run(int worker, int unit, int units);
    }

    /** Work on a range of items, of which each stands alone. */
    @FunctionalInterface
    public interface Items {
        /** Does the items from one to before another. */
        void run(int worker, int from, int to);
    }

    /**
     * Units per worker. They become smaller, the last an eighth of the first: long runs are read at first, and at the
     * end nobody waits long for the other. With units of one size a worker waited for a twentieth of a token.
     */
    private static final int SHARES = 5;
    /** Operations on floats below which a region costs more than it gains. */
    private static final long WORTHWHILE = 50_000;
    private static final int SPINS = 2_000;

    private final Thread[] threads;
    /** The region's number in the upper half, in the lower how many units are not claimed yet: the last goes first. */
    private final AtomicLong claims = new AtomicLong();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Region bands = this::band;
    private volatile boolean closed;
    private volatile @Nullable Thread caller;
    private int units;
    private @Nullable Region region;
    private @Nullable Items items;
    private int itemCount;

    /** Starts the threads, one fewer than workers. */
    public Workers(int workers) {
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
    public int count() {
        return threads.length + 1;
    }

    /** Runs a region in as many units as suit the workers. */
    public void run(Region work) {
        run(work, threads.length == 0 ? 1 : SHARES * count());
    }

    /**
     * Runs a region and waits until all its units are done.
     *
     * @throws BackendException if one failed; none is being worked on then
     */
    public void run(Region work, int count) {
        region = work;
        units = count;
        unfinished.set(count);
        caller = Thread.currentThread();
        long number = (claims.get() >>> 32) + 1;
        claims.set((number << 32) | count); // publishes what was written above
        for (int i = 0; i < Math.min(threads.length, count - 1); i++) {
            LockSupport.unpark(threads[i]);
        }
        help(0, number & 0xffff_ffffL);
        for (int spins = 0; unfinished.get() > 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        caller = null;
        region = null;
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
    public void run(Items work, int count, long cost) {
        if (threads.length == 0 || count * cost < WORTHWHILE) {
            work.run(0, 0, count);
            return;
        }
        items = work;
        itemCount = count;
        run(bands);
    }

    /**
     * How much of something lies before a unit of {@link #run(Region)}. Units are claimed from the last to the first; of those that
     * every worker claims once, each is half as large as the one before.
     */
    public long before(long all, int unit) {
        int workers = count();
        if (workers == 1) {
            return unit == 0 ? 0 : all;
        }
        int round = unit / workers;
        long parts = round == 0 ? unit : (long) (workers + unit % workers) << (round - 1);
        return all * parts / ((long) workers << (SHARES - 1));
    }

    private void band(int worker, int unit, int of) {
        int from = (int) before(itemCount, unit);
        int to = (int) before(itemCount, unit + 1);
        Items work = items;
        if (work != null && from < to) {
            work.run(worker, from, to);
        }
    }

    /** A failure while computing, as callers see it. */
    public static BackendException failed(Throwable cause) {
        if (cause instanceof BackendException known) {
            return known;
        }
        if (cause instanceof InternalError) {
            return new BackendException(
                    "Reading the weights failed: the model file, or the packed copy of its weights, was changed or cut off"
                            + " while it was in use, or its disk failed; load the model again.",
                    cause);
        }
        if (cause instanceof OutOfMemoryError) {
            return new BackendException(
                    "The CPU backend ran out of memory; use a smaller context or give Java more memory.", cause);
        }
        return new BackendException("The CPU backend failed while it computed: " + cause, cause);
    }

    /** Claims units of a region and does them until there is none left, or the region is over. */
    private void help(int worker, long number) {
        while (true) {
            long claim = claims.get();
            int left = (int) claim;
            if (claim >>> 32 != number || left == 0) {
                return;
            }
            // if this holds, the region cannot end before the unit is done, so its fields stay as they are
            if (claims.compareAndSet(claim, claim - 1)) {
                Region work = region;
                try {
                    if (work != null && failure.get() == null) {
                        work.run(worker, left - 1, units);
                    }
                } catch (Throwable e) { // whatever it is, it belongs to the caller
                    failure.compareAndSet(null, e);
                }
                Thread waiting = caller;
                if (unfinished.decrementAndGet() == 0 && worker != 0) {
                    LockSupport.unpark(waiting);
                }
            }
        }
    }

    private void work(int worker) {
        long seen = 0;
        while (!closed) {
            for (int spins = 0; claims.get() >>> 32 == seen && !closed; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            seen = claims.get() >>> 32;
            help(worker, seen);
        }
    }

    /** Stops the threads and waits until they are gone. Closing twice does nothing. */
    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            join(thread);
        }
    }

    /** Waits until a thread is gone. An interrupt is kept: memory that the thread uses is freed next. */
    public static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
