/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import org.jspecify.annotations.Nullable;

/** A model that runs elsewhere did not answer, or not to the end. */
public final class RemoteModelException extends BackendException {

    private static final long serialVersionUID = 1;

    /** What went wrong. */
    private final Kind kind;

    /**
     * What went wrong.
     *
     * <p>
     * Minor versions may add values.
     */
    public enum Kind {
        /** Nobody answers at its address. */
        UNREACHABLE,
        /** It did not begin to answer, or fell silent in the middle, for longer than it may. */
        SILENT,
        /** It has too much to do, or is still loading. */
        BUSY,
        /** It failed, before or in the middle of an answer. */
        FAILED,
        /** It does not let us in: the token is missing or wrong. */
        DENIED,
        /** It does not take the request as it is, for example because the conversation is too long for it. */
        REFUSED
    }

    /**
     * A failure.
     *
     * @param kind what went wrong
     * @param message one sentence
     * @param cause what brought it about, or null
     */
    public RemoteModelException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /**
     * What went wrong.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }
}
