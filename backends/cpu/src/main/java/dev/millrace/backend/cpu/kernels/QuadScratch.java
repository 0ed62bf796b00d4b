/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What one worker needs to quantise inputs, and for products of {@link Activations.Form#QUADS}. Freed with this object. */
public final class QuadScratch {

    /** A block while it is quantised. */
    public final int[] block = new int[Activations.BLOCK];

    /** Results of a call at most. */
    public static final int RESULTS = 8_192;
    private static final int ARGUMENTS = 8_192;

    /** Results, or inputs that are quantised: floats. */
    public final MemorySegment results;
    /** What machine code is told, and memory for its own use. */
    public final MemorySegment arguments;

    /** Room for the results and the arguments of a call. */
    public QuadScratch() {
        MemorySegment all = Arena.ofAuto().allocate(ARGUMENTS + (long) Float.BYTES * RESULTS, 64);
        arguments = all.asSlice(0, ARGUMENTS);
        results = all.asSlice(ARGUMENTS);
    }
}
