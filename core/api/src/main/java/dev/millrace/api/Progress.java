/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Told how far a long piece of work is. Called on the thread that does the work.
 *
 * <p>
 * Throwing {@link java.util.concurrent.CancellationException} stops the work; nothing of it stays behind.
 */
@ConsumerType
@FunctionalInterface
public interface Progress {

    /** Listens to nothing. */
    Progress NONE = (what, fraction) -> {
    };

    /**
     * Some of the work is done.
     *
     * @param what what is being done now, for people
     * @param fraction how much of all is done, 0 to 1, never falling within one piece of work
     */
    void update(String what, double fraction);
}
