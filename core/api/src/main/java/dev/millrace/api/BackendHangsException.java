/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/** A backend has not come back from computing for much longer than it should take, and was left alone. */
public final class BackendHangsException extends BackendException {

    private static final long serialVersionUID = 1;

    /**
     * A failure.
     *
     * @param message one sentence
     */
    public BackendHangsException(String message) {
        super(message);
    }
}
