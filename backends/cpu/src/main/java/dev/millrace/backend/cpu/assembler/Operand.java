/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.util.Locale;

/** What an instruction reads or writes. */
public sealed interface Operand {

    /** A register of 64 bits. */
    enum General implements Operand {
        /** Also the result of a function. */
        RAX(0), RCX(1), RDX(2), RBX(3), RSP(4), RBP(5), RSI(6), RDI(7), R8(8), R9(9), R10(10), R11(11), R12(12), R13(
                13), R14(14), R15(15);

        /** 0 to 15, as instructions name it. */
        final int number;

        General(int number) {
            this.number = number;
        }

        /** What is there in memory, so many bytes on. */
        public Memory at(int displacement) {
            return new Memory(this, displacement);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A SIMD register.
     *
     * @param number 0 to 15, or to 31 with 64 bytes
     * @param bytes 16, 32 or 64
     */
    record Vector(int number, int bytes) implements Operand {

        /** Checks the number. */
        public Vector {
            if (number < 0 || number > (bytes == 64 ? 31 : 15)) {
                throw new IllegalArgumentException("there is no SIMD register " + number + " of " + bytes + " bytes");
            }
        }

        @Override
        public String toString() {
            return (bytes == 64 ? "zmm" : bytes == 32 ? "ymm" : "xmm") + number;
        }
    }

    /** Memory at an address in a register. */
    record Memory(General base, int displacement) implements Operand {

        /** The same, so many bytes on. */
        public Memory plus(int bytes) {
            return new Memory(base, Math.addExact(displacement, bytes));
        }

        /** A 32-bit value there, in every lane. For instructions on 64 bytes. */
        public Broadcast broadcast() {
            return new Broadcast(this);
        }

        @Override
        public String toString() {
            return "[" + base + (displacement < 0 ? "" : "+") + displacement + "]";
        }
    }

    /** A 32-bit value in memory, in every lane. */
    record Broadcast(Memory memory) implements Operand {
    }

    /**
     * A place in the code itself, such as the target of a jump or a constant behind the code.
     *
     * @param number counted from 0
     */
    record Label(int number) implements Operand {

        @Override
        public String toString() {
            return "L" + number;
        }
    }
}
