/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.BackendException;
import org.jspecify.annotations.Nullable;

/**
 * An executor is gone with all its sequences: the process in which it computed has ended, or its device has left. Every later call
 * fails in this way, too; closing still works. What was read has to be read again, by another executor; loading the model once more
 * may give one.
 */
public final class ExecutorLostException extends BackendException {

    private static final long serialVersionUID = 1;

    /**
     * A loss.
     *
     * @param message one sentence that says what has become of the executor
     */
    public ExecutorLostException(String message) {
        super(message);
    }

    /**
     * A loss with its cause.
     *
     * @param message one sentence that says what has become of the executor
     * @param cause what brought it about, or null
     */
    public ExecutorLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
