/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A server did not give what was asked for. The message is one sentence. */
public final class Refusal extends IOException {

    private static final long serialVersionUID = 1;

    private final int status;
    private final boolean passing;
    private final transient Optional<Duration> wait;

    /**
     * A refusal.
     *
     * @param status the HTTP status, or 0 if the answer itself was wrong
     * @param message one sentence
     * @param passing whether it may be over in a moment
     * @param wait how long the server wants to be left alone
     */
    Refusal(int status, String message, boolean passing, Optional<Duration> wait) {
        super(message);
        this.status = status;
        this.passing = passing;
        this.wait = wait;
    }

    /** An answer that is not what the protocol says. */
    static Refusal wrong(String message) {
        return new Refusal(0, message, false, Optional.empty());
    }

    /**
     * The HTTP status.
     *
     * @return 0 if the answer itself was wrong
     */
    public int status() {
        return status;
    }

    boolean passing() {
        return passing;
    }

    Optional<Duration> pause() {
        return wait == null ? Optional.empty() : wait;
    }
}
