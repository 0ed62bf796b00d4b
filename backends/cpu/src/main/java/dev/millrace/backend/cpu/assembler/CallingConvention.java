/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import dev.millrace.backend.cpu.assembler.Operand.General;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
import java.util.Locale;

/**
 * Where x86-64 systems pass a function its first argument, and what it must leave as it was. Code between {@link #begin} and
 * {@link #end} may change RAX, RCX, RDX, R8 to R11 and all SIMD registers.
 */
public enum CallingConvention {

    /** Linux and macOS (System V Application Binary Interface). */
    SYSTEM_V(General.RDI, 0),
    /** Windows, where the lower halves of SIMD registers 6 to 15 belong to the caller. */
    WINDOWS(General.RCX, 10);

    private static final int FIRST_SAVED = 6;
    private static final int BYTES = 16;

    private final General argument;
    private final int saved;

    CallingConvention(General argument, int saved) {
        this.argument = argument;
        this.saved = saved;
    }

    /** That of this system. */
    public static CallingConvention here() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows") ? WINDOWS : SYSTEM_V;
    }

    /** Begins a function that uses no SIMD registers and ends by itself, with its first argument in RAX. */
    void argument(Assembler a) {
        a.mov(General.RAX, argument);
    }

    /** Begins a function, with its first argument in RAX. */
    public void begin(Assembler a) {
        argument(a);
        if (saved > 0) {
            a.add(General.RSP, -BYTES * saved);
        }
        for (int i = 0; i < saved; i++) {
            a.vmovups(General.RSP.at(BYTES * i), new Vector(FIRST_SAVED + i, BYTES));
        }
    }

    /** Ends a function. */
    public void end(Assembler a) {
        restore(a);
        a.ret();
    }

    /** Gives back what is the caller's. */
    void restore(Assembler a) {
        a.vzeroupper();
        for (int i = 0; i < saved; i++) {
            a.vmovups(new Vector(FIRST_SAVED + i, BYTES), General.RSP.at(BYTES * i));
        }
        if (saved > 0) {
            a.add(General.RSP, BYTES * saved);
        }
    }
}
