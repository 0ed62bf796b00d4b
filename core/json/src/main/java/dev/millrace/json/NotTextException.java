/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import java.nio.charset.CharacterCodingException;

/** A file that was taken for a text is something else. The message says what, and the cure, without a stop at its end. */
public final class NotTextException extends CharacterCodingException {

    private static final long serialVersionUID = 1;

    private final String what;

    NotTextException(String what) {
        this.what = what;
    }

    /** A clause that may stand after the name of the file and a colon. */
    @Override
    public String getMessage() {
        return what;
    }
}
