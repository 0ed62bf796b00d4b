/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.assembler.Arm64Assembler;
import dev.millrace.backend.cpu.assembler.Arm64Convention;
import dev.millrace.backend.cpu.assembler.Constants;
import dev.millrace.backend.cpu.assembler.Operand.Label;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.weights.Packing;

/**
 * What {@link ProductCode} makes, for arm64 with the extension for dot products: the same arguments, the same order of float operations,
 * the same bits. Bytes are signed here, so those of eight bits lose their highest bit's weight first and need no beginning.
 *
 * <p>
 * With the extension for matrix products, several vectors are multiplied two by two: a register holds eight columns of two rows, or of
 * two vectors, and a sum those of two rows with two vectors, which are taken apart at the end of a run.
 */
final class Arm64ProductCode {

    /** Vectors of a pass over the weights. */
    private static final int TOKENS = 4;
    private static final int BYTES = 16;
    /** The function's own memory, behind {@link ProductCode#GROUP_STRIDE}: scales of super-blocks, then registers of the caller. */
    private static final int OWN = 64;
    private static final int SAVE_AT = OWN + 4 * BYTES;

    private static final int HALF_MASK = 0x8fffe000;
    private static final float HALF_TO_FLOAT = 0x1p112f;

    // general registers
    private static final int ARGUMENTS = Arm64Convention.ARGUMENT;
    private static final int WEIGHTS = 1;
    private static final int INPUTS = 2;
    private static final int BLOCKS = 3;
    private static final int SECTIONS = 4;
    private static final int GROUPS = 5;
    private static final int GROUP = 6;
    private static final int RESULTS = 7;
    private static final int ADDRESS = 9;
    private static final int STRIDE = 10;
    private static final int RESULT = 11;

    // SIMD registers behind sums, results and minima
    private static final int SCALE = 24;
    private static final int CODES = 26;
    private static final int INPUT = 28;
    private static final int TEMPORARY = 29;
    private static final int MASK = 31;

    private final Arm64Assembler a;
    private final Packing packing;
    private final InstructionSet set;
    private final int line;
    private final int rows;
    private final Constants constants;
    private int width;
    private int first;
    private int tokens;
    /** Whether the pass multiplies two by two. */
    private boolean pairs;

    private Arm64ProductCode(Arm64Assembler a, Packing packing, int lanes, InstructionSet set) {
        this.set = set;
        this.a = a;
        constants = new Constants(a, BYTES);
        this.packing = packing;
        line = Integer.BYTES * lanes;
        rows = Math.min(2, line / BYTES);
    }

    /** Makes the functions for 1 to {@link Activations#TILE} vectors, and says where each begins. */
    static int[] functions(Arm64Assembler a, Packing packing, int lanes, InstructionSet set) {
        Arm64ProductCode code = new Arm64ProductCode(a, packing, lanes, set);
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
        Arm64Convention.begin(a, SAVE_AT);
        switch (packing.codes()) {
            case NIBBLES -> a.movi(MASK, 0x0f);
            case BYTES -> a.movi(MASK, 0x80);
            case SIX_BITS, FLOAT16, BFLOAT16, FLOATS -> {
                // masks of six bits are made where they are used
            }
        }
        a.ldr(GROUPS, ARGUMENTS, ProductCode.GROUPS);
        a.ldr(GROUP, ARGUMENTS, ProductCode.WEIGHTS);
        a.ldr(RESULTS, ARGUMENTS, ProductCode.RESULTS);
        Label group = a.label();
        a.place(group);
        a.mov(RESULT, RESULTS);
        for (first = 0; first < width; first += tokens) {
            tokens = Math.min(TOKENS, width - first);
            pairs = set == InstructionSet.NEON_I8MM && tokens > 1;
            pass();
        }
        a.ldr(STRIDE, ARGUMENTS, ProductCode.GROUP_BYTES);
        a.add(GROUP, GROUP, STRIDE);
        a.ldr(STRIDE, ARGUMENTS, ProductCode.GROUP_STRIDE);
        a.add(RESULTS, RESULTS, STRIDE);
        a.dec(GROUPS);
        a.jnz(group);
        Arm64Convention.end(a, SAVE_AT);
    }

    /** One pass over a group. */
    private void pass() {
        a.mov(WEIGHTS, GROUP);
        a.ldr(INPUTS, ARGUMENTS, ProductCode.INPUTS);
        a.ldr(BLOCKS, ARGUMENTS, ProductCode.BLOCKS);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                a.zero(result(r, t));
                a.zero(minimum(r, t));
            }
        }
        Label loop = a.label();
        a.place(loop);
        switch (packing.scales()) {
            case HALF -> {
                Label done = a.label();
                block(0);
                a.dec(BLOCKS);
                a.jz(done);
                block(1);
                a.addValue(WEIGHTS, WEIGHTS, sectionBytes());
                a.dec(BLOCKS);
                a.jnz(loop);
                a.place(done);
            }
            case SUPER -> {
                superScales();
                a.addValue(WEIGHTS, WEIGHTS, line);
                a.mov16(SECTIONS, Packing.SUPER / packing.section());
                Label section = a.label();
                a.place(section);
                for (int i = 0; i < packing.section() / packing.block(); i++) {
                    block(i);
                }
                a.addValue(WEIGHTS, WEIGHTS, sectionBytes());
                a.dec(SECTIONS);
                a.jnz(section);
                a.dec(BLOCKS);
                a.jnz(loop);
            }
            case FLOAT -> {
                block(0);
                a.addValue(WEIGHTS, WEIGHTS, sectionBytes());
                a.dec(BLOCKS);
                a.jnz(loop);
            }
            case NONE -> throw new IllegalArgumentException("weights without scales are no integers");
        }
        store();
    }

    private int sectionBytes() {
        return packing.sectionLines() * line;
    }

    /** One block of the section that the weights' register points to. */
    private void block(int in) {
        int lines = packing.line(in * packing.block()) - packing.line(0);
        int scales = packing.scaleLine(0) - packing.line(0);
        int run = packing.run();
        for (int column = 0; column < packing.block(); column += run) {
            int input = (in * packing.block() + column) % Activations.BLOCK;
            begin(input / run);
            products((lines + packing.codes().ints(column)) * line, input / 4);
            end();
            if (column == 0 || pairs) { // pairs have used their registers
                scales(scales, in, 0);
            }
            addToResults();
            if (packing.minima()) {
                scales(scales + 1, in, 1);
                addMinima(input / run);
            }
            if (input + run == Activations.BLOCK) {
                a.addValue(INPUTS, INPUTS, Integer.BYTES * width * Activations.Place.blockWords(run));
            }
        }
    }

    private int sum(int row, int token) {
        return token * rows + row;
    }

    private int result(int row, int token) {
        return TOKENS * rows + token * rows + row;
    }

    private int minimum(int row, int token) {
        return 2 * TOKENS * rows + token * rows + row;
    }

    /** Reads a word of the inputs, for all vectors of the pass: a lane each. */
    private void inputs(int to, int word) {
        a.addValue(ADDRESS, INPUTS, Integer.BYTES * (word * width + first));
        a.lanes(to, ADDRESS, tokens);
        if (tokens == 3) {
            a.addValue(ADDRESS, ADDRESS, 2 * Integer.BYTES);
            a.thirdLane(to, ADDRESS);
        }
    }

    private void inputSums(int index) {
        inputs(INPUT, Activations.BLOCK / 4 + index);
    }

    /** Gives sums their first value. */
    private void begin(int index) {
        boolean zeros = packing.zero() == 0 || packing.codes() == Packing.Codes.BYTES;
        if (!zeros) {
            inputSums(index);
        }
        for (int t = 0; t < (pairs ? filled() : tokens); t++) {
            for (int r = 0; r < rows; r++) {
                if (zeros) {
                    a.zero(sum(r, t));
                } else if (pairs) {
                    a.dupPair(sum(r, t), INPUT, t / 2);
                } else {
                    a.dup(sum(r, t), INPUT, t);
                }
            }
        }
    }

    /** Vectors of the pass, filled up to pairs. */
    private int filled() {
        return (tokens + 1) / 2 * 2;
    }

    /** Takes sums of two rows with two vectors apart. */
    private void end() {
        for (int t = 0; t < tokens && pairs; t += 2) {
            for (int r = 0; r < rows; r++) {
                a.uzp1(TEMPORARY, sum(r, t), sum(r, t + 1));
                a.uzp2(sum(r, t + 1), sum(r, t), sum(r, t + 1));
                a.orr(sum(r, t), TEMPORARY, TEMPORARY);
            }
        }
    }

    /** Adds the products of a run of columns. */
    private void products(int at, int quad) {
        switch (packing.codes()) {
            case NIBBLES -> {
                for (int i = 0; i < packing.run() / 8; i++) {
                    for (int r = 0; r < rows; r++) {
                        a.ldrq(CODES + r, WEIGHTS, at + i * line + r * BYTES);
                        a.and(TEMPORARY + r, CODES + r, MASK);
                        a.ushrBytes(CODES + r, CODES + r, 4);
                    }
                    multiply(TEMPORARY, quad + 2 * i);
                    multiply(CODES, quad + 2 * i + 1);
                }
            }
            case BYTES -> {
                for (int i = 0; i < packing.run() / 4; i++) {
                    for (int r = 0; r < rows; r++) {
                        a.ldrq(CODES + r, WEIGHTS, at + i * line + r * BYTES);
                        a.eor(CODES + r, CODES + r, MASK);
                    }
                    multiply(CODES, quad + i);
                }
            }
            case SIX_BITS -> {
                for (int i = 0; i < 3; i++) {
                    for (int r = 0; r < rows; r++) {
                        // 6 of 16 bits, and the next 6
                        a.ldrq(CODES + r, WEIGHTS, at + i * line + r * BYTES);
                        a.shl(TEMPORARY, CODES + r, 2);
                        masked(CODES + r, 0x3f);
                        orMasked(CODES + r, 0x3f00);
                    }
                    multiply(CODES, quad + i);
                }
                for (int r = 0; r < rows; r++) {
                    // what is left of all three
                    int from = at + r * BYTES;
                    a.ldrq(CODES + r, WEIGHTS, from);
                    a.ushr(CODES + r, CODES + r, 12);
                    masked(CODES + r, 0x0f);
                    a.ldrq(TEMPORARY, WEIGHTS, from + line);
                    a.ushr(TEMPORARY, TEMPORARY, 4);
                    orMasked(CODES + r, 0x0f00);
                    a.ldrq(TEMPORARY, WEIGHTS, from + 2 * line);
                    a.ushr(TEMPORARY, TEMPORARY, 8);
                    orMasked(CODES + r, 0x30);
                    a.ldrq(TEMPORARY, WEIGHTS, from + 2 * line);
                    a.ushr(TEMPORARY, TEMPORARY, 2);
                    orMasked(CODES + r, 0x3000);
                }
                multiply(CODES, quad + 3);
            }
            case FLOAT16, BFLOAT16, FLOATS ->
                throw new IllegalArgumentException("floats are not multiplied as integers");
        }
    }

    private void masked(int to, int mask) {
        a.movi16(MASK, mask);
        a.and(to, to, MASK);
    }

    /** {@code to |= temporary & mask}. */
    private void orMasked(int to, int mask) {
        a.movi16(MASK, mask);
        a.and(TEMPORARY, TEMPORARY, MASK);
        a.orr(to, to, TEMPORARY);
    }

    /**
     * Multiplies four codes of every row with those of the inputs. Two by two, the codes of an even quad wait where scales will be for
     * those of the next.
     */
    private void multiply(int codes, int quad) {
        if (pairs) {
            multiplyPairs(codes, quad);
            return;
        }
        inputs(INPUT, quad);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                a.sdot(sum(r, t), codes + r, INPUT, t);
            }
        }
    }

    private void multiplyPairs(int codes, int quad) {
        if (quad % 2 == 0) {
            for (int r = 0; r < rows; r++) {
                a.orr(SCALE + r, codes + r, codes + r);
            }
            return;
        }
        for (int r = 0; r < rows; r++) {
            a.zip1(TEMPORARY + r, SCALE + r, codes + r);
            a.zip2(SCALE + r, SCALE + r, codes + r);
        }
        inputs(INPUT, quad - 1);
        inputs(CODES, quad);
        for (int t = 0; t < tokens; t += 2) {
            if (t == 0) {
                a.zip1(CODES + 1, INPUT, CODES);
            } else {
                a.zip2(CODES + 1, INPUT, CODES);
            }
            for (int r = 0; r < rows; r++) {
                a.smmla(sum(r, t), TEMPORARY + r, CODES + 1);
                a.smmla(sum(r, t + 1), SCALE + r, CODES + 1);
            }
        }
    }

    /** Decodes the binary16 numbers in the halves of a line, at bit 0 or 16. */
    private void half(int to, int from, boolean upper, float factor) {
        a.ldrq(to, WEIGHTS, from);
        if (!upper) {
            a.shl(to, to, 16);
        }
        a.sshr(to, to, 3);
        a.ldrq(TEMPORARY, constants.of(HALF_MASK));
        a.and(to, to, TEMPORARY);
        a.ldrq(TEMPORARY, constants.of(factor));
        a.fmul(to, to, TEMPORARY);
    }

    private static int superScale(int row, int which) {
        return OWN + (2 * which + row) * BYTES;
    }

    /** Decodes scales and minima of a super-block. */
    private void superScales() {
        for (int which = 0; which < (packing.minima() ? 2 : 1); which++) {
            for (int r = 0; r < rows; r++) {
                half(CODES, r * BYTES, which == 1, which == 1 ? -HALF_TO_FLOAT : HALF_TO_FLOAT);
                a.strq(CODES, ARGUMENTS, superScale(r, which));
            }
        }
    }

    /** Decodes the scales of a block, or its minima, to where codes were. */
    private void scales(int from, int in, int which) {
        for (int r = 0; r < rows; r++) {
            int to = (which == 0 ? SCALE : CODES) + r;
            int at = from * line + r * BYTES;
            switch (packing.scales()) {
                case HALF -> half(to, at, in == 1, HALF_TO_FLOAT);
                case SUPER -> {
                    a.ldrq(to, WEIGHTS, at);
                    if (in < 3) {
                        a.shl(to, to, 24 - 8 * in);
                    }
                    a.sshr(to, to, 24);
                    a.scvtf(to, to);
                    a.ldrq(TEMPORARY, ARGUMENTS, superScale(r, which));
                    a.fmul(to, to, TEMPORARY);
                }
                case FLOAT -> a.ldrq(to, WEIGHTS, at);
                case NONE -> throw new IllegalArgumentException("there are no scales");
            }
        }
    }

    private void addToResults() {
        inputs(INPUT, Activations.Place.blockWords(packing.run()) - 1);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                a.scvtf(sum(r, t), sum(r, t));
                a.fmul(sum(r, t), sum(r, t), INPUT, t);
                a.fmla(result(r, t), sum(r, t), SCALE + r);
            }
        }
    }

    private void addMinima(int index) {
        inputSums(index);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                a.fmla(minimum(r, t), CODES + r, INPUT, t);
            }
        }
    }

    /** Writes the results of a group. */
    private void store() {
        a.ldr(STRIDE, ARGUMENTS, ProductCode.VECTOR_STRIDE);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                if (packing.minima()) {
                    a.fadd(result(r, t), result(r, t), minimum(r, t));
                }
                a.strq(result(r, t), RESULT, r * BYTES);
            }
            a.add(RESULT, RESULT, STRIDE);
        }
    }
}
