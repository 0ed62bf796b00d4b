/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import java.io.IOException;

/** A server was asked for a range and gives whole files only. */
final class WholeOnly extends IOException {

    private static final long serialVersionUID = 1;
}
