/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** As Kura has it, but that its messages are not looked up in bundles of texts. */
public class KuraException extends Exception {

    private static final long serialVersionUID = 1;

    private final KuraErrorCode code;

    public KuraException(KuraErrorCode code, @Nullable Throwable cause, Object... arguments) {
        super(code + " " + Arrays.toString(arguments), cause);
        this.code = code;
    }

    public KuraErrorCode getCode() {
        return code;
    }
}
