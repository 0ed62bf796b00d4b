/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.io.IOException;

/** A result could not be written to standard output. */
final class OutputException extends RuntimeException {

    private static final long serialVersionUID = 1;

    OutputException(IOException cause) {
        super("Standard output cannot be written, so the result is lost: " + cause.getMessage() + ".", cause);
    }

    /** Whether nobody reads any more, as behind {@code | head}: no fault, and nobody wants to be told. */
    boolean isGone() {
        return String.valueOf(getCause()).contains("Broken pipe");
    }
}
