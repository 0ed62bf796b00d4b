/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

/** A text that is not JSON. The message says what is wrong and at which character. */
public final class JsonException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final long position;

    JsonException(String message, long position) {
        super(message + " at character " + position);
        this.position = position;
    }

    /**
     * Where reading stopped.
     *
     * @return index of a character, from 0
     */
    public long position() {
        return position;
    }
}
