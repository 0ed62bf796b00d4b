/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Something failed. The message is one clear sentence that names what, where and the cure. */
public class MillraceException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * A failure.
     *
     * @param message one sentence
     */
    public MillraceException(String message) {
        super(message);
    }

    /**
     * A failure with its cause.
     *
     * @param message one sentence
     * @param cause what brought it about, or null
     */
    public MillraceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** One clear sentence; never null. */
    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage());
    }
}
