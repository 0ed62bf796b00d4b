/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Step;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Knows how long the present pass takes, and decides who goes on after it: the thread that computes, or whoever has left it alone
 * meanwhile. Never both.
 */
final class Watchdog {

    /** Times as long as the slowest so far, by tokens. */
    private static final int MUCH_LONGER = 20;
    private static final int LONGER = 4;

    /** A thread has come back from a pass too late: others have gone on without it, and it touches nothing any more. */
    static final class Abandoned extends RuntimeException {

        private static final long serialVersionUID = 1;

        @SuppressWarnings("serial") // never written
        private final Executor executor;

        Abandoned(Executor executor) {
            super("The pass was left alone.", null, false, false);
            this.executor = executor;
        }

        /** Computed the pass, and is closed by the thread. */
        Executor executor() {
            return executor;
        }
    }

    private record Pass(long start, int tokens) {
    }

    private final Patience patience;
    private final AtomicReference<@Nullable Pass> pass = new AtomicReference<>();
    /** Nanoseconds for each token of the slowest pass; 0 while there was none. */
    private volatile long slowest;

    Watchdog(Patience patience) {
        this.patience = patience;
    }

    /** Computes. */
    void forward(Executor executor, List<Step> steps) {
        int tokens = 0;
        for (Step step : steps) {
            tokens += step.length();
        }
        Pass own = new Pass(System.nanoTime(), tokens);
        pass.set(own);
        try {
            executor.forward(steps);
        } catch (Throwable e) {
            end(own, executor);
            throw e;
        }
        end(own, executor);
        slowest = Math.max(slowest, (System.nanoTime() - own.start()) / Math.max(1, tokens));
    }

    private void end(Pass own, Executor executor) {
        if (!pass.compareAndSet(own, null)) {
            throw new Abandoned(executor);
        }
    }

    /**
     * Leaves the present pass alone if it takes too long.
     *
     * @param somebodyWaits whether the pass keeps a move or the end of the model waiting
     * @return whether it was left; its thread ends when it comes back, and whoever called goes on in its place
     */
    boolean abandon(boolean somebodyWaits) {
        Pass present = pass.get();
        return present != null && System.nanoTime() - present.start() > limit(present, somebodyWaits)
                && pass.compareAndSet(present, null);
    }

    private long limit(Pass present, boolean somebodyWaits) {
        long expected = slowest * present.tokens();
        if (expected == 0) {
            return somebodyWaits
                    ? Math.max(patience.call().toNanos(), patience.first().toNanos() / LONGER)
                    : patience.first().toNanos();
        }
        return somebodyWaits
                ? Math.max(patience.call().toNanos(), LONGER * expected)
                : Math.max(patience.pass().toNanos(), MUCH_LONGER * expected);
    }

    /** Waits until it is time to look again. */
    void pause() {
        LockSupport.parkNanos(this, patience.look().toNanos());
    }
}
