/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.jspecify.annotations.Nullable;

/** No backend can run the model, the asked one is not there, or it failed while it computed. */
public class BackendException extends MillraceException {

    private static final long serialVersionUID = 1;

    /**
     * A failure.
     *
     * @param message one sentence
     */
    public BackendException(String message) {
        super(message);
    }

    /**
     * A failure with its cause.
     *
     * @param message one sentence
     * @param cause what brought it about, or null
     */
    public BackendException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
