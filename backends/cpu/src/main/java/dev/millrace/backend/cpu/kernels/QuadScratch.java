/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What one worker needs for products of {@link Activations.Form#QUADS}, outside the heap. Freed with this object. */
public final class QuadScratch {

    /** Results of a call at most. */
    public static final int RESULTS = 8_192;
    private static final int ARGUMENTS = 8_192;

    /** Results, floats. */
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
