/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;

/**
 * How weights of a type lie in memory for the kernels. Rows come in groups of as many rows as a vector has int lanes. The codes
 * of a group are chunks of one int a row, in which neighbouring columns of that row are packed. So a kernel reads a group front
 * to back, every lane adds up one row, and no sum ever crosses lanes. Scales lie apart from the codes: with 2 KiB of scales in
 * front of every 16 KiB of codes, the stream broke and a Zen 4 core read 9.7 instead of 15.6 GB/s.
 *
 * <p>
 * In an int of nibbles the lower half holds columns 0, 2, 4, 6, lowest first, the upper half columns 1, 3, 5, 7; in an int of
 * bytes the lower half holds columns 0 and 2, the upper half 1 and 3. Seen as 16-bit lanes, each shift gives two neighbouring
 * columns, which meet two neighbouring activations. Sixes put 16 columns into three ints: with e0 to e7 the even ones, the lower
 * halves are {@code e0 | e1 << 6 | (e6 & 15) << 12}, {@code e2 | e3 << 6 | (e7 & 15) << 12} and
 * {@code e4 | e5 << 6 | e6 >> 4 << 12 | e7 >> 4 << 14}, and the upper halves are made in the same way of the odd ones.
 *
 * @param codes how a value is coded
 * @param scales how scales are stored
 * @param minima whether blocks have a minimum besides their scale
 * @param block columns that share a scale: 16 or 32, or 1 where there is none
 * @param zero the code of the value 0
 */
record Packing(Codes codes, Scales scales, boolean minima, int block, int zero) {

    /** Columns under one super-block, in types that have them. */
    static final int SUPER = 256;

    /** How values are coded. */
    enum Codes {
        /** Four bits a value. */
        NIBBLES(8, 1),
        /** Six bits a value. */
        SIXES(16, 3),
        /** A byte a value. */
        BYTES(4, 1),
        /** IEEE 754 binary16. */
        HALVES(2, 1),
        /** The upper half of a binary32. */
        BRAINS(2, 1),
        /** IEEE 754 binary32. */
        FLOATS(1, 1);

        private final int columns;
        private final int ints;

        Codes(int columns, int ints) {
            this.columns = columns;
            this.ints = ints;
        }

        /** Columns of a unit: the fewest that fill whole ints. */
        int columns() {
            return columns;
        }

        /** Ints of a unit. */
        int ints() {
            return ints;
        }

        /** Ints of a number of columns, whole units. */
        int ints(int count) {
            return count / columns * ints;
        }
    }

    /** How the scales of a group are stored: ints of one row a lane. Minima follow in the same way. */
    enum Scales {
        /** There are none. */
        NONE,
        /** A binary16 a block, two blocks an int. */
        HALF,
        /**
         * A binary16 a super-block, two super-blocks an int; then a signed byte a block, four blocks an int. Minima are
         * subtracted.
         */
        SUPER,
        /** A binary32 a block. */
        FLOAT
    }

    /**
     * The packing of a type. Types of two, three and four bits become nibbles, those of five and six bits and MXFP4 become sixes,
     * those of eight bits and IQ4, whose levels need eight, bytes: nothing is lost, and few kernels do for all.
     *
     * @param columns columns of the matrix
     * @return the packing; F16 and BF16 of odd rows are widened, since two of them fill an int
     */
    static Packing of(TensorType type, int columns) {
        return switch (type) {
            case Q4_0 -> new Packing(Codes.NIBBLES, Scales.HALF, false, 32, 8);
            case Q4_1 -> new Packing(Codes.NIBBLES, Scales.HALF, true, 32, 0);
            case Q4_K -> new Packing(Codes.NIBBLES, Scales.SUPER, true, 32, 0);
            case Q2_K -> new Packing(Codes.NIBBLES, Scales.SUPER, true, 16, 0);
            case Q3_K -> new Packing(Codes.NIBBLES, Scales.SUPER, false, 16, 8);
            case Q5_0 -> new Packing(Codes.SIXES, Scales.HALF, false, 32, 16);
            case Q5_1 -> new Packing(Codes.SIXES, Scales.HALF, true, 32, 0);
            case Q5_K -> new Packing(Codes.SIXES, Scales.SUPER, true, 32, 0);
            case Q6_K -> new Packing(Codes.SIXES, Scales.SUPER, false, 16, 32);
            case MXFP4 -> new Packing(Codes.SIXES, Scales.FLOAT, false, 32, 32);
            case Q8_0, IQ4_NL -> new Packing(Codes.BYTES, Scales.HALF, false, 32, 128);
            case IQ4_XS -> new Packing(Codes.BYTES, Scales.SUPER, false, 32, 128);
            case F16 -> columns % 2 == 0 ? plain(Codes.HALVES) : plain(Codes.FLOATS);
            case BF16 -> columns % 2 == 0 ? plain(Codes.BRAINS) : plain(Codes.FLOATS);
            case F32 -> plain(Codes.FLOATS);
        };
    }

    private static Packing plain(Codes codes) {
        return new Packing(codes, Scales.NONE, false, 1, 0);
    }

    /** Whether there are scales to decode. */
    boolean scaled() {
        return scales != Scales.NONE;
    }

    /** Whether codes times 8-bit activations add up in 16 bits, so that fast precision computes with integers. */
    boolean integers() {
        return codes == Codes.NIBBLES || codes == Codes.SIXES;
    }

    /** Columns whose products are added up before they are scaled: a block, or 16 sixes. */
    int run() {
        return codes == Codes.SIXES ? 16 : block;
    }

    /** Scales in a row. */
    int blocks(int columns) {
        return scales == Scales.NONE ? 0 : columns / block;
    }

    /** Ints a lane that hold the scales of a row's blocks, or of its super-blocks. */
    int scaleInts(int columns) {
        return switch (scales) {
            case NONE -> 0;
            case HALF -> (blocks(columns) + 1) / 2;
            case SUPER -> (columns / SUPER + 1) / 2;
            case FLOAT -> blocks(columns);
        };
    }

    /** Ints a lane that hold the bytes of blocks under super-blocks. */
    int subScaleInts(int columns) {
        return scales == Scales.SUPER ? blocks(columns) / 4 : 0;
    }

    /** Bytes of a group's scales, whole cache lines. */
    int scaleBytes(int columns, int lanes) {
        int all = 4 * lanes * (scaleInts(columns) + subScaleInts(columns)) * (minima ? 2 : 1);
        return (all + 63) / 64 * 64;
    }

    /** Bytes of a group's codes. */
    int codeBytes(int columns, int lanes) {
        return Math.multiplyExact(codes.ints(columns), 4 * lanes);
    }
}
