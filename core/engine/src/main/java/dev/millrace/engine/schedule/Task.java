/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Work for the scheduler's thread, and its result for the thread that waits. */
final class Task<T extends @Nullable Object> {

    private final Supplier<T> work;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private volatile boolean started;

    Task(Supplier<T> work) {
        this.work = work;
    }

    /** Never throws: whatever the work throws, the waiting thread gets. */
    void run() {
        started = true;
        try {
            result.complete(work.get());
        } catch (Throwable e) {
            result.completeExceptionally(e);
        }
    }

    boolean isStarted() {
        return started;
    }

    boolean isDone() {
        return result.isDone();
    }

    /** Waits for a while. An interrupt ends the waiting, and stays. */
    void await(Duration most) {
        boolean interrupted = Thread.interrupted();
        try {
            result.get(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // whoever waits asks what came of it
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void fail(RuntimeException problem) {
        result.completeExceptionally(problem);
    }

    T join() {
        try {
            return result.join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new BackendException("The backend failed: " + e.getCause(), e.getCause());
            }
        }
    }
}
