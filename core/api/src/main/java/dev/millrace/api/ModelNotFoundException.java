/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.jspecify.annotations.Nullable;

/** Nothing has the name or path that was asked for. */
public final class ModelNotFoundException extends MillraceException {

    private static final long serialVersionUID = 1;

    /**
     * A failure.
     *
     * @param message one sentence
     */
    public ModelNotFoundException(String message) {
        super(message);
    }

    /**
     * A failure with its cause.
     *
     * @param message one sentence
     * @param cause what brought it about, or null
     */
    public ModelNotFoundException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
