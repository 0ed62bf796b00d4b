/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static dev.millrace.backend.cpu.assembler.Operand.General.R10;
import static dev.millrace.backend.cpu.assembler.Operand.General.R11;
import static dev.millrace.backend.cpu.assembler.Operand.General.R8;
import static dev.millrace.backend.cpu.assembler.Operand.General.R9;
import static dev.millrace.backend.cpu.assembler.Operand.General.RAX;
import static dev.millrace.backend.cpu.assembler.Operand.General.RCX;
import static dev.millrace.backend.cpu.assembler.Operand.General.RDX;

import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.CallingConvention;
import dev.millrace.backend.cpu.assembler.Constants;
import dev.millrace.backend.cpu.assembler.Operand;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.assembler.Operand.Memory;
import dev.millrace.backend.cpu.assembler.Operand.Vector;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.weights.Packing;

/**
 * Makes the code that multiplies groups of packed rows with a few vectors: a function for each number of vectors, all in one piece
 * of memory with their constants behind them.
 *
 * <p>
 * Lanes are rows. A line of a group fills {@link #rows} SIMD vectors, or several times as many, which then are parts with calls of
 * their own. For each row and each vector there is an integer sum in a register, to which the bytes of four columns are added at
 * once. Bytes stay unsigned: the sum begins with minus the zero code times the inputs. After a block it becomes a float, is
 * multiplied with the input's scale, and added to the result times the row's scale: {@code y = fma(sum * inputScale, scale, y)}.
 * That is what the kernels in Java compute, in the same order, so results have the same bits.
 *
 * <p>
 * Codes are taken from where they are packed: nibbles by a mask and a shift, on units of the processor that the products leave idle.
 *
 * <p>
 * A function has one argument, the address of the words that are named below, behind which it has memory of its own. It changes some
 * of them, uses only registers that belong to nobody, and calls nothing.
 */
final class ProductCode {

    /** Address of the first group, which moves on. */
    static final int WEIGHTS = 0;
    /** How many groups; counted down. */
    static final int GROUPS = 8;
    /** Bytes from one group to the next. */
    static final int GROUP_BYTES = 16;
    /** Address of a tile of {@link Activations.Form#QUADS}. */
    static final int INPUTS = 24;
    /** Blocks of a row, or super-blocks where there are such. */
    static final int BLOCKS = 32;
    /** Address of the first result, which moves on. */
    static final int RESULTS = 40;
    /** Bytes from the results of a vector to those of the next. */
    static final int VECTOR_STRIDE = 48;
    /** Bytes from the results of a group to those of the next. */
    static final int GROUP_STRIDE = 56;
    /** The function's own memory: scales of super-blocks, then results of a group, then what minima add to them. */
    private static final int OWN = 64;
    /** Bytes of all that. */
    static final int ARGUMENT_BYTES = OWN + 4 * 64 + 2 * 2 * Activations.TILE * 64;

    private static final int HALF_MASK = 0x8fffe000;
    private static final int HALF_TO_FLOAT = Float.floatToRawIntBits(0x1p112f);

    private final Assembler a;
    private final Packing packing;
    private final InstructionSet set;
    /** Bytes of a line. */
    private final int line;
    /** SIMD vectors that are filled by rows. */
    private final int rows;
    private final Constants constants;

    /** Vectors of the tile, as its inputs lie. */
    private int width;
    /** The first vector of a pass over the weights. */
    private int first;
    /** Vectors in the pass. */
    private int tokens;
    /** Whether results of a group stay in registers. */
    private boolean resident;

    private ProductCode(Assembler a, Packing packing, int lanes, InstructionSet set) {
        this.a = a;
        this.packing = packing;
        this.set = set;
        constants = new Constants(a, set.bytes);
        line = Integer.BYTES * lanes;
        rows = rows(lanes, set);
    }

    /** SIMD vectors of a line that a function computes at once. */
    static int rows(int lanes, InstructionSet set) {
        return Math.min(2, Integer.BYTES * lanes / set.bytes);
    }

    /**
     * Makes the functions for 1 to {@link Activations#TILE} vectors.
     *
     * @param lanes rows in a group, so many that they fill SIMD vectors
     * @return where each begins
     */
    static int[] functions(Assembler a, Packing packing, int lanes, InstructionSet set) {
        ProductCode code = new ProductCode(a, packing, lanes, set);
        int[] begin = new int[Activations.TILE];
        for (int width = 1; width <= Activations.TILE; width++) {
            a.align(64);
            begin[width - 1] = a.size();
            code.function(width);
        }
        code.constants.place();
        return begin;
    }

    private void function(int vectors) {
        width = vectors;
        Label group = a.label();
        CallingConvention.here().begin(a);
        if (packing.codes() == Packing.Codes.NIBBLES) {
            a.vmovups(mask(), constants.of(0x0f0f0f0f));
        }
        a.place(group);
        a.mov(R11, RAX.at(RESULTS));
        for (first = 0; first < width; first += tokens) {
            tokens = Math.min(set.tokens, width - first);
            int each = packing.minima() ? 3 : 2;
            resident = rows * tokens * each + 2 * rows + 3 <= set.registers;
            pass();
        }
        a.mov(R10, RAX.at(GROUP_BYTES));
        a.add(RAX.at(WEIGHTS), R10);
        a.mov(R10, RAX.at(GROUP_STRIDE));
        a.add(RAX.at(RESULTS), R10);
        a.dec(RAX.at(GROUPS));
        a.jnz(group);
        CallingConvention.here().end(a);
    }

    /** One pass over a group. */
    private void pass() {
        a.mov(RCX, RAX.at(WEIGHTS));
        a.mov(RDX, RAX.at(INPUTS));
        a.mov(R8, RAX.at(BLOCKS));
        clear();
        Label loop = a.label();
        a.place(loop);
        switch (packing.scales()) {
            case HALF -> {
                Label done = a.label();
                block(0);
                a.dec(R8);
                a.jz(done);
                block(1);
                a.add(RCX, sectionBytes());
                a.dec(R8);
                a.jnz(loop);
                a.place(done);
            }
            case SUPER -> {
                superScales();
                a.add(RCX, line);
                a.mov(R9, Packing.SUPER / packing.section());
                Label section = a.label();
                a.place(section);
                for (int i = 0; i < packing.section() / packing.block(); i++) {
                    block(i);
                }
                a.add(RCX, sectionBytes());
                a.dec(R9);
                a.jnz(section);
                a.dec(R8);
                a.jnz(loop);
            }
            case FLOAT -> {
                block(0);
                a.add(RCX, sectionBytes());
                a.dec(R8);
                a.jnz(loop);
            }
            case NONE -> throw new IllegalArgumentException("weights without scales are no integers");
        }
        store();
    }

    private int sectionBytes() {
        return packing.sectionLines() * line;
    }

    /** One block of the section that RCX points to. */
    private void block(int in) {
        int lines = packing.line(in * packing.block()) - packing.line(0);
        int scales = packing.scaleLine(0) - packing.line(0);
        int run = packing.run();
        for (int column = 0; column < packing.block(); column += run) {
            int input = (in * packing.block() + column) % Activations.BLOCK;
            begin(input / run);
            products(RCX.at((lines + packing.codes().ints(column)) * line), input / 4);
            end(input / run);
            if (column == 0) {
                scales(scales, in, 0);
            }
            addToResults();
            if (packing.minima()) {
                scales(scales + 1, in, 1);
                addMinima(input / run);
            }
            if (input + run == Activations.BLOCK) {
                a.add(RDX, Integer.BYTES * width * Activations.Place.blockWords(run));
            }
        }
    }

    // registers, counted from both ends: sums and resident results first

    private Vector vector(int number) {
        return new Vector(number, set.bytes);
    }

    private Vector sum(int row, int token) {
        return vector(token * rows + row);
    }

    private Vector result(int row, int token) {
        return vector((tokens + token) * rows + row);
    }

    private Vector minimum(int row, int token) {
        return vector((2 * tokens + token) * rows + row);
    }

    private Vector mask() {
        return vector(set.registers - 1);
    }

    private Vector input() {
        return vector(set.registers - 2);
    }

    private Vector temporary() {
        return vector(set.registers - 3);
    }

    private Vector scale(int row) {
        return vector(set.registers - 4 - row);
    }

    private Vector codes(int row) {
        return vector(set.registers - 4 - rows - row);
    }

    // memory

    private Memory superScale(int row, int which) {
        return RAX.at(OWN + (which * rows + row) * set.bytes);
    }

    private Memory resultMemory(int row, int token) {
        return RAX.at(OWN + 4 * 64 + (token * rows + row) * set.bytes);
    }

    private Memory minimumMemory(int row, int token) {
        return RAX.at(OWN + 4 * 64 + ((set.tokens + token) * rows + row) * set.bytes);
    }

    /** A word of the inputs of the block that RDX points to. */
    private Memory inputWord(int word, int token) {
        return RDX.at(Integer.BYTES * (word * width + first + token));
    }

    private Memory inputSum(int index, int token) {
        return inputWord(Activations.BLOCK / 4 + index, token);
    }

    private Memory inputScale(int token) {
        return inputWord(Activations.Place.blockWords(packing.run()) - 1, token);
    }

    /** A 32-bit value in every lane, as an operand: from memory, or from a register that it is read to. */
    private Operand broadcast(Memory memory) {
        if (set.bytes == 64) {
            return memory.broadcast();
        }
        a.vpbroadcastd(input(), memory);
        return input();
    }

    // parts of a block

    private void clear() {
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                if (resident) {
                    zero(result(r, t));
                    if (packing.minima()) {
                        zero(minimum(r, t));
                    }
                } else {
                    if (r + t == 0) {
                        zero(temporary());
                    }
                    a.vmovups(resultMemory(r, t), temporary());
                    if (packing.minima()) {
                        a.vmovups(minimumMemory(r, t), temporary());
                    }
                }
            }
        }
    }

    private void zero(Vector v) {
        a.vpxor(v, v, v);
    }

    /** Whether sums of 16 bits hold a whole run. */
    private boolean narrow() {
        return !set.vnni && packing.codes() == Packing.Codes.NIBBLES;
    }

    /** Whether bytes are multiplied by their sizes, with their signs moved to the inputs. */
    private boolean signed() {
        return !set.vnni && packing.codes() == Packing.Codes.BYTES;
    }

    /** Gives sums their first value. Those of 16 bits get theirs by the first products. */
    private void begin(int index) {
        for (int t = 0; t < tokens && !narrow(); t++) {
            for (int r = 0; r < rows; r++) {
                if (packing.zero() == 0 || signed()) {
                    zero(sum(r, t));
                } else {
                    a.vpbroadcastd(sum(r, t), inputSum(index, t));
                }
            }
        }
    }

    /** Adds the products of a run of columns. */
    private void products(Memory at, int quad) {
        switch (packing.codes()) {
            case NIBBLES -> {
                for (int i = 0; i < packing.run() / 8; i++) {
                    for (int r = 0; r < rows; r++) {
                        a.vpand(codes(r), mask(), at.plus(i * line + r * set.bytes));
                    }
                    multiply(quad + 2 * i, i == 0);
                    for (int r = 0; r < rows; r++) {
                        a.vmovups(codes(r), at.plus(i * line + r * set.bytes));
                        a.vpsrld(codes(r), codes(r), 4);
                        a.vpand(codes(r), mask(), codes(r));
                    }
                    multiply(quad + 2 * i + 1, false);
                }
            }
            case BYTES -> {
                for (int i = 0; i < packing.run() / 4; i++) {
                    for (int r = 0; r < rows; r++) {
                        a.vmovups(codes(r), at.plus(i * line + r * set.bytes));
                        if (signed()) {
                            a.vpxor(scale(r), codes(r), constants.of(0x80808080));
                            a.vpabsb(codes(r), scale(r));
                        }
                    }
                    multiply(quad + i, i == 0);
                }
            }
            case SIX_BITS -> {
                for (int i = 0; i < 3; i++) {
                    for (int r = 0; r < rows; r++) {
                        // 6 of 16 bits, and the next 6
                        a.vmovups(codes(r), at.plus(i * line + r * set.bytes));
                        a.vpslld(temporary(), codes(r), 2);
                        a.vpand(codes(r), codes(r), constants.of(0x003f003f));
                        orMasked(codes(r), 0x3f003f00);
                    }
                    multiply(quad + i, i == 0);
                }
                for (int r = 0; r < rows; r++) {
                    // what is left of all three
                    Memory from = at.plus(r * set.bytes);
                    a.vmovups(codes(r), from);
                    a.vpsrld(codes(r), codes(r), 12);
                    a.vpand(codes(r), codes(r), constants.of(0x000f000f));
                    a.vmovups(temporary(), from.plus(line));
                    a.vpsrld(temporary(), temporary(), 4);
                    orMasked(codes(r), 0x0f000f00);
                    a.vmovups(temporary(), from.plus(2 * line));
                    a.vpsrld(temporary(), temporary(), 8);
                    orMasked(codes(r), 0x00300030);
                    a.vmovups(temporary(), from.plus(2 * line));
                    a.vpsrld(temporary(), temporary(), 2);
                    orMasked(codes(r), 0x30003000);
                }
                multiply(quad + 3, false);
            }
            case FLOAT16, BFLOAT16, FLOATS ->
                throw new IllegalArgumentException("floats are not multiplied as integers");
        }
    }

    /** {@code to |= temporary & mask}. */
    private void orMasked(Vector to, int mask) {
        if (set.bytes == 64) {
            a.vpternlogd(to, temporary(), constants.of(mask), 0xf8);
        } else {
            a.vpand(temporary(), temporary(), constants.of(mask));
            a.vpor(to, to, temporary());
        }
    }

    /** Multiplies four codes of every row with those of the inputs. */
    private void multiply(int quad, boolean begins) {
        for (int t = 0; t < tokens; t++) {
            Operand x = broadcast(inputWord(quad, t));
            for (int r = 0; r < rows; r++) {
                Vector sum = sum(r, t);
                if (set.vnni) {
                    a.vpdpbusd(sum, codes(r), x);
                } else if (narrow() && begins) {
                    a.vpmaddubsw(sum, codes(r), x);
                } else if (narrow()) {
                    a.vpmaddubsw(temporary(), codes(r), x);
                    a.vpaddw(sum, sum, temporary());
                } else {
                    if (signed()) {
                        a.vpsignb(temporary(), input(), scale(r));
                        a.vpmaddubsw(temporary(), codes(r), temporary());
                    } else {
                        a.vpmaddubsw(temporary(), codes(r), x);
                    }
                    a.vpmaddwd(temporary(), temporary(), constants.of(0x00010001));
                    a.vpaddd(sum, sum, temporary());
                }
            }
        }
    }

    /** Makes sums of 16 bits whole. */
    private void end(int index) {
        for (int t = 0; t < tokens && narrow(); t++) {
            if (packing.zero() != 0) {
                a.vpbroadcastd(input(), inputSum(index, t));
            }
            for (int r = 0; r < rows; r++) {
                a.vpmaddwd(sum(r, t), sum(r, t), constants.of(0x00010001));
                if (packing.zero() != 0) {
                    a.vpaddd(sum(r, t), sum(r, t), input());
                }
            }
        }
    }

    /** Decodes the binary16 numbers in the halves of a line, at bit 0 or 16. */
    private void half(Vector to, Memory from, boolean upper, int factor) {
        a.vmovups(to, from);
        if (!upper) {
            a.vpslld(to, to, 16);
        }
        a.vpsrad(to, to, 3);
        a.vpand(to, to, constants.of(HALF_MASK));
        a.vmulps(to, to, constants.of(factor));
    }

    /** Decodes scales and minima of the super-block that RCX points to. */
    private void superScales() {
        for (int which = 0; which < (packing.minima() ? 2 : 1); which++) {
            for (int r = 0; r < rows; r++) {
                half(temporary(), RCX.at(r * set.bytes), which == 1,
                        which == 1 ? HALF_TO_FLOAT | Integer.MIN_VALUE : HALF_TO_FLOAT);
                a.vmovups(superScale(r, which), temporary());
            }
        }
    }

    /**
     * Decodes the scales of a block, or its minima, to where codes were.
     *
     * @param from lines from where RCX points to
     * @param which 0 for scales, 1 for minima
     */
    private void scales(int from, int in, int which) {
        for (int r = 0; r < rows; r++) {
            Vector to = which == 0 ? scale(r) : codes(r);
            Memory memory = RCX.at(from * line + r * set.bytes);
            switch (packing.scales()) {
                case HALF -> half(to, memory, in == 1, HALF_TO_FLOAT);
                case SUPER -> {
                    a.vmovups(to, memory);
                    if (in < 3) {
                        a.vpslld(to, to, 24 - 8 * in);
                    }
                    a.vpsrad(to, to, 24);
                    a.vcvtdq2ps(to, to);
                    a.vmulps(to, to, superScale(r, which));
                }
                case FLOAT -> a.vmovups(to, memory);
                case NONE -> throw new IllegalArgumentException("there are no scales");
            }
        }
    }

    private void addToResults() {
        for (int t = 0; t < tokens; t++) {
            Operand x = broadcast(inputScale(t));
            for (int r = 0; r < rows; r++) {
                Vector sum = sum(r, t);
                a.vcvtdq2ps(sum, sum);
                a.vmulps(sum, sum, x);
                if (resident) {
                    a.vfmadd231ps(result(r, t), sum, scale(r));
                } else {
                    a.vfmadd213ps(sum, scale(r), resultMemory(r, t));
                    a.vmovups(resultMemory(r, t), sum);
                }
            }
        }
    }

    private void addMinima(int index) {
        for (int t = 0; t < tokens; t++) {
            Operand x = broadcast(inputSum(index, t));
            for (int r = 0; r < rows; r++) {
                if (resident) {
                    a.vfmadd231ps(minimum(r, t), codes(r), x);
                } else {
                    a.vmovups(temporary(), minimumMemory(r, t));
                    a.vfmadd231ps(temporary(), codes(r), x);
                    a.vmovups(minimumMemory(r, t), temporary());
                }
            }
        }
    }

    /** Writes the results of a group. */
    private void store() {
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                Vector y = resident ? result(r, t) : temporary();
                if (!resident) {
                    a.vmovups(y, resultMemory(r, t));
                }
                if (packing.minima()) {
                    a.vaddps(y, y, resident ? minimum(r, t) : minimumMemory(r, t));
                }
                a.vmovups(R11.at(r * set.bytes), y);
            }
            a.add(R11, RAX.at(VECTOR_STRIDE));
        }
    }
}
