/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

/** A value that says what Python calls its type. */
interface Typed {

    /** Python's name of the type. */
    String type();
}
