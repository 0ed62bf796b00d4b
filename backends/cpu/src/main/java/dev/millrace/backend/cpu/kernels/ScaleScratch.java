/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

/** What one thread needs to decode the scales of a group of rows. */
public final class ScaleScratch {

    public final float[] scales;
    public final float[] minima;

    /** Room for rows of so many columns in groups of so many lanes. */
    public ScaleScratch(int columns, int lanes) {
        // halves come in twos, so one block more may be written than there is
        scales = new float[Math.multiplyExact(columns / 16 + 1, lanes)];
        minima = new float[scales.length];
    }
}
