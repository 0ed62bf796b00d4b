/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

/** What one thread needs to decode the scales of some pairs of groups of rows. */
final class ScaleScratch {

    /**
     * Values that are decoded together where weights are read once: few enough for the second cache, so many that reading
     * scales seldom interrupts reading codes.
     */
    private static final int VALUES = 1 << 14;

    final float[] scales;
    final float[] minima;
    /** Scales of super-blocks, while those of their blocks are decoded. */
    final float[] supers;

    /** Room for rows of so many columns in groups of so many lanes. */
    ScaleScratch(int columns, int lanes) {
        // halves come in twos, so the last group may write one block more than it has
        int pair = Math.multiplyExact(columns / 16 + 1, 2 * lanes);
        scales = new float[Math.max(pair, VALUES) + lanes];
        minima = new float[scales.length];
        supers = new float[(columns / Packing.SUPER + 2) * lanes];
    }

    /** Pairs of groups whose scales fit at once. */
    int pairs(Matrix matrix) {
        return Math.max(1, VALUES / Math.max(1, 2 * matrix.blocks() * matrix.lanes()));
    }
}
