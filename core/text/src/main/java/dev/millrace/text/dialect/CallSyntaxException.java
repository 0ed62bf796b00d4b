/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

/** A call cannot be understood; the message tells the model why. */
final class CallSyntaxException extends Exception {

    private static final long serialVersionUID = 1;

    CallSyntaxException(String message) {
        super(message, null, false, false);
    }
}
