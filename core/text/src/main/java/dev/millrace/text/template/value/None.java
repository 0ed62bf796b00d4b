/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

/** Python's {@code None}; inside a template nothing is Java's null. */
public enum None implements Typed {
    NONE;

    @Override
    public String type() {
        return "NoneType";
    }
}
