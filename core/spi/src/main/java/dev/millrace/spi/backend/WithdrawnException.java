/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.BackendException;

/** A step was not computed to its end, because nobody wants it any more: {@link Step#isWithdrawn}. Nothing was changed. */
public final class WithdrawnException extends BackendException {

    private static final long serialVersionUID = 1;

    /** Nobody wants the step. */
    public WithdrawnException() {
        super("Nobody wants what was being computed any more.");
    }
}
