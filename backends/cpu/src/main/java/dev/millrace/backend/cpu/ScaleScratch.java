/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

/** What one thread needs to decode the scales of a pair of groups of rows. */
final class ScaleScratch {

    final float[] scales;
    final float[] minima;
    /** Scales of super-blocks, while those of their blocks are decoded. */
    final float[] supers;

    /** Room for rows of so many columns in groups of so many lanes. */
    ScaleScratch(int columns, int lanes) {
        // halves come in twos, so the last group may write one block more than it has
        int pair = Math.multiplyExact(columns / 16 + 1, 2 * lanes);
        scales = new float[pair + lanes];
        minima = new float[scales.length];
        supers = new float[(columns / Packing.SUPER + 2) * lanes];
    }
}
