/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.eclipse.kura;

/** As Kura has it, with what plugins need. */
public enum KuraErrorCode {
    IO_ERROR
}
