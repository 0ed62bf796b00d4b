/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import java.time.Duration;

/**
 * How long a pass may take. What a backend has shown to need counts more than these: a slow machine is slow, not hung.
 *
 * @param first for a pass of a backend that has computed nothing yet
 * @param pass at least, for one that has
 * @param call at least, for one that keeps a move or the end of the model waiting
 * @param look how often somebody looks
 */
public record Patience(Duration first, Duration pass, Duration call, Duration look) {

    /** Minutes for what was never seen to work, a minute for what was, ten seconds if somebody waits. */
    public static final Patience DEFAULT = new Patience(Duration.ofMinutes(10), Duration.ofMinutes(1),
            Duration.ofSeconds(10), Duration.ofSeconds(1));
}
