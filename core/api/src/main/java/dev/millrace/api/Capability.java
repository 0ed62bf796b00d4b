/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/** What a model was made for besides answering in text. Minor versions may add capabilities. */
public enum Capability {
    /** It is told of tools, and calls them. */
    TOOLS,
    /** It may think before it answers. */
    THINKING
}
