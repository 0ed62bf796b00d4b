/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

/** The parts that an answer consists of. */
enum Part {
    /** What the user reads. */
    TEXT,
    /** What the model thinks. */
    THINKING,
    /** Tool calls. */
    CALLS,
    /** Says what the next part is, as the header of a message does where answers are several messages. */
    HEADER
}
