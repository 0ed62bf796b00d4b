/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.Progress;
import java.util.function.LongConsumer;

/** Adds up what was read or written, by one thread. */
final class Meter implements LongConsumer {

    private final Progress progress;
    private final String what;
    private final long total;
    private long done;

    /**
     * A meter.
     *
     * @param what is being done, for people
     * @param total bytes
     */
    Meter(Progress progress, String what, long total) {
        this.progress = progress;
        this.what = what;
        this.total = Math.max(1, total);
    }

    @Override
    public void accept(long bytes) {
        done += bytes;
        progress.update(what, Math.min(1, (double) done / (double) total));
    }
}
