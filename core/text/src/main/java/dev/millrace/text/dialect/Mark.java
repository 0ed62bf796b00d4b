/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

/**
 * A spelling that ends one part of an answer and begins another.
 *
 * @param spelling the text of one or more control tokens, not empty
 * @param in the part in which it counts
 * @param next the part that follows it
 * @param kept whether it is itself the beginning of the calls that follow it
 */
record Mark(String spelling, Part in, Part next, boolean kept) {

    Mark(String spelling, Part in, Part next) {
        this(spelling, in, next, false);
    }
}
