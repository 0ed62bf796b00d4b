/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.BackendException;

/**
 * There is no room for a step's tokens now: memory or pages for keys and values are used up. Nothing was changed; the same step
 * can be fed again once other sequences have been closed.
 */
public final class OutOfRoomException extends BackendException {

    private static final long serialVersionUID = 1;

    /**
     * No room.
     *
     * @param message one sentence that says of what there is too little
     */
    public OutOfRoomException(String message) {
        super(message);
    }
}
