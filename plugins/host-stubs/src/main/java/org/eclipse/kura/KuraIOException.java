/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura;

/** As Kura has it. */
public class KuraIOException extends KuraException {

    private static final long serialVersionUID = 1;

    public KuraIOException(Object argument) {
        super(KuraErrorCode.IO_ERROR, null, argument);
    }

    public KuraIOException(Throwable cause, Object argument) {
        super(KuraErrorCode.IO_ERROR, cause, argument);
    }
}
