/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

/** How calls of a tool are held to its schema. */
public enum Holding {
    /** They are held, or the conversation is refused. */
    MUST,
    /** They are held if that is possible. */
    MAY,
    /** They are free. */
    NOT
}
