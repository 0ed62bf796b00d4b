/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

/** A value that has a length and is no text, list or dict. */
public interface Sized {

    int length();
}
