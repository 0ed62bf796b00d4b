/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.json;

/** A text is not JSON. */
public final class JsonException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int position;

    JsonException(String message, int position) {
        super(message + " at character " + position);
        this.position = position;
    }

    /**
     * Where reading stopped.
     *
     * @return index of a character
     */
    public int position() {
        return position;
    }
}
