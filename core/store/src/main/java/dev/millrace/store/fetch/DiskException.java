/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.io.IOException;

/** What has arrived cannot be written. */
public final class DiskException extends IOException {

    private static final long serialVersionUID = 1;

    DiskException(IOException cause) {
        super(String.valueOf(cause.getMessage()), cause);
    }
}
