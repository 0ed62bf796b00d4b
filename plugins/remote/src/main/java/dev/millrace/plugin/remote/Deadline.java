/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import java.time.Duration;
import java.util.Optional;

/** A moment by which something has to be done, if there is one. */
final class Deadline {

    private static final Duration LONGEST = Duration.ofDays(1000);

    private final long end;
    private final boolean there;

    /**
     * A deadline.
     *
     * @param time from now; empty for none
     */
    Deadline(Optional<Duration> time) {
        there = time.isPresent();
        end = System.nanoTime() + time.filter(each -> each.compareTo(LONGEST) < 0).orElse(LONGEST).toNanos();
    }

    boolean isOver() {
        return there && System.nanoTime() - end >= 0;
    }

    /** A wait, or what is left of the time if that is less. */
    Duration within(Duration wait) {
        Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
        return there && left.compareTo(wait) < 0 ? left : wait;
    }

    /** Whether it is not over after a wait. */
    boolean allows(Duration wait) {
        return within(wait).equals(wait);
    }
}
