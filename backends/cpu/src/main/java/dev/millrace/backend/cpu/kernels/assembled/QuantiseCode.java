/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.assembler.Operand.General.R10;
import static dev.millrace.backend.cpu.assembler.Operand.General.R8;
import static dev.millrace.backend.cpu.assembler.Operand.General.R9;
import static dev.millrace.backend.cpu.assembler.Operand.General.RAX;
import static dev.millrace.backend.cpu.assembler.Operand.General.RCX;
import static dev.millrace.backend.cpu.assembler.Operand.General.RDX;

import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.CallingConvention;
import dev.millrace.backend.cpu.assembler.Constants;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.scalar.ScalarActivations;
import dev.millrace.backend.cpu.weights.Packing;
import java.util.List;

/**
 * Makes the code that quantises a vector as {@link Activations.Form#QUADS}, block by block, with vectors of four lanes. A function has
 * one argument, the address of the words that are named below.
 */
final class QuantiseCode {

    /** Address of the floats. */
    static final int VALUES = 0;
    /** How many blocks. */
    static final int BLOCKS = 8;
    /** Address of the vector's first word in its tile. */
    static final int WORDS = 16;
    /** Bytes from one word of the vector to the next. */
    static final int STRIDE = 24;
    /** Bytes from one block to the next. */
    static final int BLOCK_BYTES = 32;

    private static final int LANES = 4;

    private final Assembler a;
    private final Packing packing;
    private final Constants constants;

    private QuantiseCode(Assembler a, Packing packing) {
        this.a = a;
        this.packing = packing;
        constants = new Constants(a, 4 * LANES);
    }

    /**
     * Makes the function for weights of a packing.
     *
     * @return where it begins
     */
    static int function(Assembler a, Packing packing) {
        QuantiseCode code = new QuantiseCode(a, packing);
        a.align(64);
        int begin = a.size();
        code.function();
        code.constants.place();
        return begin;
    }

    private static Vector x(int number) {
        return new Vector(number, 16);
    }

    private void function() {
        Vector largest = x(8);
        Vector other = x(9);
        Vector steps = x(10);
        Vector inverse = x(11);
        Vector inputScale = x(12);
        Vector ones = x(13);
        Vector size = x(14);
        Vector round = x(15);
        Vector low = x(0);
        Vector high = x(4);
        Label pattern = packing.codes() == Packing.Codes.NIBBLES
                ? constants.of(List.of(0x05010400, 0x07030602, 0x0d090c08, 0x0f0b0e0a))
                : constants.of(List.of(0x03010200, 0x07050604, 0x0b090a08, 0x0f0d0e0c));
        Label sixteen = constants.of(0x00010001);
        Label zero = constants.of(-packing.zero());
        Label loop = a.label();
        CallingConvention.here().begin(a);
        a.mov(RCX, RAX.at(VALUES));
        a.mov(R8, RAX.at(BLOCKS));
        a.mov(RDX, RAX.at(WORDS));
        a.mov(R9, RAX.at(STRIDE));
        a.vmovups(ones, constants.of(0x01010101));
        a.vmovups(size, constants.of(Integer.MAX_VALUE));
        a.vmovups(round, constants.of(ScalarActivations.ROUND));
        a.vmovups(steps, constants.of(127f));
        a.place(loop);
        for (int i = 0; i < Activations.BLOCK / LANES; i++) {
            a.vmovups(x(i), RCX.at(4 * LANES * i));
            // sizes of floats are in the order of their bits, and what is no number is the largest
            a.vpand(i == 0 ? largest : other, size, x(i));
            if (i > 0) {
                a.vpmaxsd(largest, largest, other);
            }
        }
        a.vpshufd(other, largest, 0x4e);
        a.vpmaxsd(largest, largest, other);
        a.vpshufd(other, largest, 0xb1);
        a.vpmaxsd(largest, largest, other);
        a.vdivps(inverse, steps, largest);
        a.vdivps(inputScale, largest, steps);
        for (int i = 0; i < Activations.BLOCK / LANES; i++) {
            // the low bits are the integer; they are zeros where an infinite inverse made something that is no number
            a.vmulps(x(i), x(i), inverse);
            a.vaddps(x(i), x(i), round);
            a.vpslld(x(i), x(i), 24);
            a.vpsrad(x(i), x(i), 24);
        }
        for (int i = 0; i < Activations.BLOCK / LANES; i += 2) {
            a.vpackssdw(x(i), x(i), x(i + 1));
        }
        for (Vector half : List.of(low, high)) {
            a.vpacksswb(half, half, x(half.number() + 2));
            a.vpshufb(half, half, pattern);
        }
        a.mov(R10, RDX);
        for (Vector half : List.of(low, high)) {
            for (int lane = 0; lane < LANES; lane++) {
                a.vpextrd(R10.at(0), half, lane);
                a.add(R10, R9);
            }
        }
        for (Vector half : List.of(low, high)) {
            a.vpmaddubsw(half, ones, half);
            a.vpmaddwd(half, half, sixteen);
        }
        if (packing.run() == Activations.BLOCK) {
            a.vpaddd(low, low, high);
            sum(low, other, inputScale, zero);
        } else {
            sum(low, other, inputScale, zero);
            sum(high, other, inputScale, zero);
        }
        a.vpextrd(R10.at(0), inputScale, 0);
        a.add(RCX, 4 * Activations.BLOCK);
        a.add(RDX, RAX.at(BLOCK_BYTES));
        a.dec(R8);
        a.jnz(loop);
        CallingConvention.here().end(a);
    }

    /** Adds up the lanes of a run, and writes what its word is. */
    private void sum(Vector lanes, Vector other, Vector inputScale, Label zero) {
        a.vpshufd(other, lanes, 0x4e);
        a.vpaddd(lanes, lanes, other);
        a.vpshufd(other, lanes, 0xb1);
        a.vpaddd(lanes, lanes, other);
        if (packing.minima()) {
            a.vcvtdq2ps(lanes, lanes);
            a.vmulps(lanes, lanes, inputScale);
        } else {
            a.vpmulld(lanes, lanes, zero);
        }
        a.vpextrd(R10.at(0), lanes, 0);
        a.add(R10, R9);
    }
}
