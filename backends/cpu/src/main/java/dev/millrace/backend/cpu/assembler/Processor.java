/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import dev.millrace.backend.cpu.assembler.Operand.General;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a processor and its system have, for code that uses vectors.
 *
 * @param avx2 vectors of 32 bytes, with fused multiply-add
 * @param avxVnni products of bytes in vectors of 32 bytes
 * @param avx512Vnni vectors of 64 bytes, and products of bytes in them
 * @param dotProducts products of bytes in arm64's vectors of 16 bytes
 * @param matrixProducts besides these, products of two rows of bytes with two others
 */
public record Processor(boolean avx2, boolean avxVnni, boolean avx512Vnni, boolean dotProducts,
        boolean matrixProducts) {

    /** One for which no code is made. */
    private static final Processor PLAIN = new Processor(false, false, false, false, false);
    /** What {@code getauxval} is asked for (Linux, {@code include/uapi/linux/auxvec.h}), and the bits that tell. */
    private static final int AT_HWCAP = 16;
    private static final int ASIMDDP = 20;
    private static final int AT_HWCAP2 = 26;
    private static final int I8MM = 13;

    private static final int XMM_YMM = 0b110;
    private static final int XMM_YMM_ZMM = 0b11100110;

    /**
     * Asks the processor.
     *
     * @throws MachineCode.Refused if it is of another kind than x86-64 and arm64, or may not be asked
     */
    public static Processor here() throws MachineCode.Refused {
        return switch (System.getProperty("os.arch", "")) {
            case "amd64", "x86_64" -> x86();
            case "aarch64" -> arm64();
            default -> throw new MachineCode.Refused("machine code is made for x86-64 and arm64 processors only");
        };
    }

    private static Processor arm64() throws MachineCode.Refused {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            throw new MachineCode.Refused("an arm64 processor is asked what it has on Linux only");
        }
        long has = MachineCode.ofSystem("getauxval", AT_HWCAP);
        boolean dotProducts = (has >> ASIMDDP & 1) != 0;
        long more = MachineCode.ofSystem("getauxval", AT_HWCAP2);
        return new Processor(false, false, false, dotProducts, dotProducts && (more >> I8MM & 1) != 0);
    }

    private static Processor x86() throws MachineCode.Refused {
        try (Arena arena = Arena.ofConfined()) {
            Assembler assembler = new Assembler();
            question(assembler);
            int second = assembler.size();
            states(assembler);
            MachineCode code = MachineCode.of(assembler.code(), arena);
            MemorySegment cpuid = code.function(0);
            MemorySegment answer = arena.allocate(6 * Long.BYTES, Long.BYTES);
            int leaves = ask(cpuid, answer, 0, 0)[0];
            int[] one = ask(cpuid, answer, 1, 0);
            boolean avx = bit(one[2], 12) && bit(one[2], 27) && bit(one[2], 28); // FMA, OSXSAVE, AVX
            if (leaves < 7 || !avx) {
                return PLAIN;
            }
            MachineCode.call(code.function(second), answer.address());
            int saved = (int) answer.get(ValueLayout.JAVA_LONG, 0);
            int[] seven = ask(cpuid, answer, 7, 0);
            int more = seven[0] >= 1 ? ask(cpuid, answer, 7, 1)[0] : 0;
            boolean avx2 = bit(seven[1], 5) && (saved & XMM_YMM) == XMM_YMM;
            boolean avx512 = bit(seven[1], 16) && bit(seven[1], 30) && (saved & XMM_YMM_ZMM) == XMM_YMM_ZMM; // F and BW
            return new Processor(avx2, avx2 && bit(more, 4), avx512 && bit(seven[2], 11), false, false);
        }
    }

    private static boolean bit(int word, int bit) {
        return (word >> bit & 1) != 0;
    }

    /** EAX, EBX, ECX and EDX. */
    private static int[] ask(MemorySegment cpuid, MemorySegment answer, int leaf, int part) {
        answer.set(ValueLayout.JAVA_LONG, 0, leaf);
        answer.set(ValueLayout.JAVA_LONG, 8, part);
        MachineCode.call(cpuid, answer.address());
        int[] registers = new int[4];
        for (int i = 0; i < 4; i++) {
            registers[i] = (int) answer.get(ValueLayout.JAVA_LONG, 16 + 8L * i);
        }
        return registers;
    }

    private static void question(Assembler a) {
        CallingConvention.here().argument(a);
        a.mov(General.R8, General.RAX);
        a.push(General.RBX); // which belongs to the caller
        a.mov(General.RAX, General.R8.at(0));
        a.mov(General.RCX, General.R8.at(8));
        a.cpuid();
        a.mov(General.R8.at(16), General.RAX);
        a.mov(General.R8.at(24), General.RBX);
        a.mov(General.R8.at(32), General.RCX);
        a.mov(General.R8.at(40), General.RDX);
        a.pop(General.RBX);
        // no vectors: there may be none
        a.ret();
    }

    private static void states(Assembler a) {
        CallingConvention.here().argument(a);
        a.mov(General.R8, General.RAX);
        a.mov(General.RCX, 0);
        a.xgetbv();
        a.mov(General.R8.at(0), General.RAX);
        a.ret();
    }
}
