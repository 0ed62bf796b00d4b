/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

/** How often guesses were right, by how many tokens before them were the same. What is long ago counts less. For one thread. */
final class Acceptance {

    private static final int KINDS = 5;
    private static final double KEPT = 0.98;
    /** How many guesses what others have seen counts for. */
    private static final double WEIGHT = 6;
    /** What is taken to be so before anything was seen. */
    private static final double[] FIRST = {0.3, 0.45, 0.55, 0.65, 0.8};

    private final double[] tried = new double[KINDS];
    private final double[] right = new double[KINDS];

    /** Two, three, four, up to seven, more. */
    private static int kind(int same) {
        return same < 5 ? Math.max(0, same - 2) : same < 8 ? 3 : 4;
    }

    /** A guess was right or wrong. */
    void seen(int same, boolean wasRight) {
        int kind = kind(same);
        tried[kind] = tried[kind] * KEPT + 1;
        right[kind] = right[kind] * KEPT + (wasRight ? 1 : 0);
    }

    /** How likely a guess is to be right, by what was seen here, and at first elsewhere. */
    double chance(int same, Acceptance elsewhere) {
        int kind = kind(same);
        double expected = (elsewhere.right[kind] + WEIGHT * FIRST[kind]) / (elsewhere.tried[kind] + WEIGHT);
        return (right[kind] + WEIGHT * expected) / (tried[kind] + WEIGHT);
    }
}
