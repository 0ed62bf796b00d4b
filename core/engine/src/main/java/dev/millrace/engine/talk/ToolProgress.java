/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Progress;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * What a tool says of its progress, made fit to be told: it never falls, and comes no more often than a person could see. For any
 * thread.
 */
final class ToolProgress implements Progress {

    private static final long LEAST_NANOS = 50_000_000;

    private final Progress listener;
    private final BooleanSupplier cancelled;
    private boolean told;
    /** Whether the end was told: a tool that tells it again and again is no sooner heard than others. */
    private boolean whole;
    private long last;
    private double most;

    /**
     * Progress of one call.
     *
     * @param cancelled whether the work is to stop
     */
    ToolProgress(Progress listener, BooleanSupplier cancelled) {
        this.listener = listener;
        this.cancelled = cancelled;
    }

    @Override
    public synchronized void update(String what, double fraction) {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("The call was cancelled.");
        }
        if (!Double.isNaN(fraction)) {
            most = Math.max(most, Math.min(1, fraction));
        }
        long now = System.nanoTime();
        boolean done = fraction >= 1 && !whole;
        whole |= done;
        if (!told || done || now - last >= LEAST_NANOS) {
            told = true;
            last = now;
            listener.update(what, Double.isNaN(fraction) ? fraction : most);
        }
    }
}
