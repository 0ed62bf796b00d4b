/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

/** The steps that one check may take. For one thread. */
final class Budget {

    /** Some hundred times what a large schema takes on large arguments, and well under a second. */
    private static final long STEPS = 5_000_000;

    private long left = STEPS;

    /** Takes one step. */
    void step() {
        if (--left < 0) {
            throw new Exceeded();
        }
    }

    /** Too many steps. */
    static final class Exceeded extends RuntimeException {

        private static final long serialVersionUID = 1;

        Exceeded() {
            super("too many steps", null, false, false);
        }
    }
}
