/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/** A model generates as many answers as it may, or as wait for their turn: the question was not taken, and may be asked again later. */
public class BusyException extends MillraceException {

    private static final long serialVersionUID = 1;

    /**
     * A refusal.
     *
     * @param message one sentence
     */
    public BusyException(String message) {
        super(message);
    }
}
