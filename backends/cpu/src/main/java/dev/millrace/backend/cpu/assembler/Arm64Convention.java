/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

/**
 * What arm64 systems (Procedure Call Standard for the Arm 64-bit Architecture) ask of a function: its first argument comes in
 * {@link #ARGUMENT}, and the lower halves of SIMD registers 8 to 15 belong to the caller. Code may change general registers 0 to 17,
 * and between {@link #begin} and {@link #end} all SIMD registers.
 */
public final class Arm64Convention {

    /** The register of the first argument. */
    public static final int ARGUMENT = 0;
    /** Bytes of memory that a function needs for registers of its caller. */
    public static final int BYTES = 8 * 16;

    private static final int FIRST_SAVED = 8;
    private static final int VECTOR = 16;

    private Arm64Convention() {
    }

    /** Begins a function; it keeps registers in memory, so many bytes from its first argument on. */
    public static void begin(Arm64Assembler a, int at) {
        for (int i = 0; i < BYTES / VECTOR; i++) {
            a.strq(FIRST_SAVED + i, ARGUMENT, at + VECTOR * i);
        }
    }

    /** Ends a function, whose first argument is where it was. */
    public static void end(Arm64Assembler a, int at) {
        for (int i = 0; i < BYTES / VECTOR; i++) {
            a.ldrq(FIRST_SAVED + i, ARGUMENT, at + VECTOR * i);
        }
        a.ret();
    }
}
