/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.assembler.Processor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What code can be made for, best first. */
public enum InstructionSet {

    /** 512-bit vectors with products of bytes. */
    AVX512_VNNI("AVX-512 VNNI", 64, 32, 8, true),
    /** 256-bit vectors with products of bytes. */
    AVX_VNNI("AVX-VNNI", 32, 16, 4, true),
    /** 256-bit vectors. */
    AVX2("AVX2", 32, 16, 4, false),
    /** arm64's 128-bit vectors with products of matrices of bytes. */
    NEON_I8MM("NEON with matrix products", 16, 32, 4, true),
    /** arm64's 128-bit vectors with products of bytes. */
    NEON_DOTPROD("NEON with dot products", 16, 32, 4, true);

    private final String title;
    /** Bytes of a vector. */
    final int bytes;
    /** How many SIMD registers there are. */
    final int registers;
    /** Input vectors that are multiplied at once. */
    final int tokens;
    /** Whether one instruction multiplies and adds up four bytes. */
    final boolean vnni;

    InstructionSet(String title, int bytes, int registers, int tokens, boolean vnni) {
        this.title = title;
        this.bytes = bytes;
        this.registers = registers;
        this.tokens = tokens;
        this.vnni = vnni;
    }

    /** Those that a processor has. */
    public static List<InstructionSet> of(Processor processor) {
        List<InstructionSet> sets = new ArrayList<>();
        if (processor.avx512Vnni()) {
            sets.add(AVX512_VNNI);
        }
        if (processor.avxVnni()) {
            sets.add(AVX_VNNI);
        }
        if (processor.avx2()) {
            sets.add(AVX2);
        }
        if (processor.matrixProducts()) {
            sets.add(NEON_I8MM);
        }
        if (processor.dotProducts()) {
            sets.add(NEON_DOTPROD);
        }
        return sets;
    }

    /** Whether it is one of arm64; the others are of x86-64. */
    boolean arm64() {
        return this == NEON_DOTPROD || this == NEON_I8MM;
    }

    /** What it is called in settings. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String toString() {
        return title;
    }
}
