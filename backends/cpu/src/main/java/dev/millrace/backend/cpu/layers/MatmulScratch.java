/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.ScaleScratch;

/** What one worker needs for itself to multiply. */
public final class MatmulScratch {

    final ScaleScratch scales;
    final short[] shorts;
    final float[] floats;
    final QuadScratch quads = new QuadScratch();
    private float[] results = {};

    /** Room for the longest row. */
    public MatmulScratch(int columns, int lanes) {
        scales = new ScaleScratch(columns, lanes);
        shorts = new short[Kernels.PANEL * lanes];
        floats = new float[Kernels.PANEL * lanes];
    }

    /** Results of so many vectors; what is in there is left as it is. */
    float[] results(int vectors, int lanes) {
        int needed = (vectors + Activations.TILE) * lanes;
        if (results.length < needed) {
            results = new float[needed];
        }
        return results;
    }
}
