/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.time.Duration;

/**
 * How often and how long a download tries.
 *
 * @param stall how long nothing may arrive before a connection counts as dead
 * @param first the pause after the first failure; each further one is twice as long
 * @param longest the longest pause, also if a server asks for more
 * @param attempts tries without a single new byte before it ends
 */
public record Patience(Duration stall, Duration first, Duration longest, int attempts) {

    /** For people's networks. */
    public static final Patience USUAL = new Patience(Duration.ofSeconds(30), Duration.ofMillis(500),
            Duration.ofMinutes(2), 6);

    /** The pause after a number of failures, 1 or more, with some scatter so that many clients do not come at once. */
    Duration pause(int failures) {
        long most = first.toMillis() << Math.min(failures - 1, 20);
        long millis = Math.min(longest.toMillis(), most);
        return Duration.ofMillis(millis / 2 + (long) (Math.random() * (millis / 2.0 + 1)));
    }
}
