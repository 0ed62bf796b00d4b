/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Work for the scheduler's thread, and its result for the thread that waits. */
final class Task<T extends @Nullable Object> {

    private final Supplier<T> work;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Task(Supplier<T> work) {
        this.work = work;
    }

    /** Never throws: whatever the work throws, the waiting thread gets. */
    void run() {
        try {
            result.complete(work.get());
        } catch (Throwable e) {
            result.completeExceptionally(e);
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
