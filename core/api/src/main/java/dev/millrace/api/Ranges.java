/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/** Checks the ranges of sampling. A class of its own, so that the defaults of one record do not wait for those of another. */
final class Ranges {

    private Ranges() {
    }

    static void check(boolean holds, String rule, double value) {
        if (!holds) {
            throw new IllegalArgumentException("Sampling: " + rule + ", not " + value + ".");
        }
    }

    /** The same for whole numbers, which are told as such. */
    static void check(boolean holds, String rule, long value) {
        if (!holds) {
            throw new IllegalArgumentException("Sampling: " + rule + ", not " + value + ".");
        }
    }
}
