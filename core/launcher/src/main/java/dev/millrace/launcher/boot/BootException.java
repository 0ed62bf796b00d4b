/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

/** The program cannot start. The message is one sentence that names the cure. */
final class BootException extends Exception {

    private static final long serialVersionUID = 1;

    BootException(String message) {
        super(message);
    }

    BootException(String message, Throwable cause) {
        super(message, cause);
    }
}
