/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.value;

/** A thing of the engine that has a length. */
public interface Sized {

    int length();
}
