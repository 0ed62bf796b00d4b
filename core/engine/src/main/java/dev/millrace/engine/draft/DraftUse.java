/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

/** When tokens are guessed. */
public enum DraftUse {
    /** Never. */
    OFF,
    /** Where it pays, on backends that compute the same bits however tokens are fed. */
    AUTO,
    /** Where it pays, on all backends that can go back: the text may differ from the first near tie on. */
    ON,
    /** Wherever there is something to guess, whether it pays or not: for measuring. */
    ALWAYS
}
