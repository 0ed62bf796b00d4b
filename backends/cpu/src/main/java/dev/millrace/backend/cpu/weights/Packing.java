/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.spi.model.TensorType;

/**
 * How weights of a type lie in memory for the kernels. Rows come in groups of twice as many rows as a SIMD vector has int lanes, and
 * all that follows is counted in ints of one row: a line is one int of every row of the group. A group is a sequence of sections
 * of columns, in which scales stand between codes, in the order in which {@code NibbleDots} needs them. So a kernel reads a group
 * front to back, every lane adds up one row, and no sum ever crosses lanes.
 *
 * <p>
 * The order matters, because a processor reads ahead only in what is read front to back without gaps. From memory, with pages of
 * 2 MiB, two Zen 4 cores read nibbles at 20 GB/s where the scales of every group stood in front of its codes, at 32 where those of a
 * matrix stood in front of all, and at 37 where they stand in between (the same loop in C). One core read 6-bit codes at 9 GB/s where
 * the scales of 256 columns stood in front of their codes, and at 25 without them.
 *
 * <p>
 * In an int of nibbles the lower half holds columns 0, 2, 4, 6, lowest first, the upper half columns 1, 3, 5, 7; in an int of
 * bytes the lower half holds columns 0 and 2, the upper half 1 and 3. Seen as 16-bit lanes, each shift gives two neighbouring
 * columns, which meet two neighbouring activations. 6-bit codes put 16 columns into three ints: with e0 to e7 the even ones, the lower
 * halves are {@code e0 | e1 << 6 | (e6 & 15) << 12}, {@code e2 | e3 << 6 | (e7 & 15) << 12} and
 * {@code e4 | e5 << 6 | e6 >> 4 << 12 | e7 >> 4 << 14}, and the upper halves are made in the same way of the odd ones.
 *
 * @param codes how a value is coded
 * @param scales how scales are stored
 * @param minima whether blocks have a minimum besides their scale
 * @param block columns that share a scale: 16 or 32, or 1 where there is none
 * @param zero the code of the value 0
 */
public record Packing(Codes codes, Scales scales, boolean minima, int block, int zero) {

    /** Columns under one super-block, in types that have them. */
    public static final int SUPER = 256;

    /** How values are coded. */
    public enum Codes {
        /** Four bits per value. */
        NIBBLES(8, 1),
        /** Six bits per value. */
        SIX_BITS(16, 3),
        /** A byte per value. */
        BYTES(4, 1),
        /** IEEE 754 binary16. */
        FLOAT16(2, 1),
        /** The upper half of a binary32. */
        BFLOAT16(2, 1),
        /** IEEE 754 binary32. */
        FLOATS(1, 1);

        private final int columns;
        private final int ints;

        Codes(int columns, int ints) {
            this.columns = columns;
            this.ints = ints;
        }

        /** Columns of a unit: the fewest that fill whole ints. */
        public int columns() {
            return columns;
        }

        /** Ints of a unit. */
        public int ints() {
            return ints;
        }

        /** Ints of a number of columns, whole units. */
        public int ints(int count) {
            return count / columns * ints;
        }
    }

    /** How scales are stored: a line for a section, and one of minima likewise. */
    public enum Scales {
        /** There are none, and a row is one section. */
        NONE,
        /** A section is two blocks, the last of a row perhaps one: two binary16. */
        HALF,
        /**
         * A section is four blocks under a super-block: four signed bytes. In front of each super-block there is a line more, with
         * a binary16 for its scales in the lower half and one for its minima in the upper half. Minima are subtracted.
         */
        SUPER,
        /** A section is a block: a binary32. */
        FLOAT
    }

    /** Written out: that of records is linked when it is first called, which takes milliseconds while a model is loaded. */
    @Override
    public int hashCode() {
        return 31 * (31 * codes.hashCode() + scales.hashCode()) + (minima ? 1 : 0) + block + 2 * zero;
    }

    /**
     * The packing of a type. Types of two, three and four bits become nibbles, those of five and six bits and MXFP4 become 6-bit codes,
     * those of eight bits and IQ4, whose levels need eight, bytes: nothing is lost, and few kernels do for all.
     *
     * @param columns columns of the matrix
     * @return the packing; F16 and BF16 of odd rows are widened, since two of them fill an int
     */
    public static Packing of(TensorType type, int columns) {
        return switch (type) {
            case Q4_0 -> new Packing(Codes.NIBBLES, Scales.HALF, false, 32, 8);
            case Q4_1 -> new Packing(Codes.NIBBLES, Scales.HALF, true, 32, 0);
            case Q4_K -> new Packing(Codes.NIBBLES, Scales.SUPER, true, 32, 0);
            case Q2_K -> new Packing(Codes.NIBBLES, Scales.SUPER, true, 16, 0);
            case Q3_K -> new Packing(Codes.NIBBLES, Scales.SUPER, false, 16, 8);
            case Q5_0 -> new Packing(Codes.SIX_BITS, Scales.HALF, false, 32, 16);
            case Q5_1 -> new Packing(Codes.SIX_BITS, Scales.HALF, true, 32, 0);
            case Q5_K -> new Packing(Codes.SIX_BITS, Scales.SUPER, true, 32, 0);
            case Q6_K -> new Packing(Codes.SIX_BITS, Scales.SUPER, false, 16, 32);
            case MXFP4 -> new Packing(Codes.SIX_BITS, Scales.FLOAT, false, 32, 32);
            case Q8_0, IQ4_NL -> new Packing(Codes.BYTES, Scales.HALF, false, 32, 128);
            case IQ4_XS -> new Packing(Codes.BYTES, Scales.SUPER, false, 32, 128);
            case F16 -> columns % 2 == 0 ? plain(Codes.FLOAT16) : plain(Codes.FLOATS);
            case BF16 -> columns % 2 == 0 ? plain(Codes.BFLOAT16) : plain(Codes.FLOATS);
            case F32 -> plain(Codes.FLOATS);
        };
    }

    private static Packing plain(Codes codes) {
        return new Packing(codes, Scales.NONE, false, 1, 0);
    }

    /** Whether there are scales to decode. */
    public boolean scaled() {
        return scales != Scales.NONE;
    }

    /** Whether weights are codes with scales, so that fast precision computes with integers. */
    public boolean integers() {
        return scaled();
    }

    /** Whether inputs that are prepared for these weights suit others, too. */
    public boolean sameInputs(Packing other) {
        return codes == other.codes && run() == other.run() && zero == other.zero && minima == other.minima;
    }

    /** Columns whose products are added up before they are scaled: a block, or 16 columns of 6-bit codes. */
    public int run() {
        return codes == Codes.SIX_BITS ? 16 : block;
    }

    /** Scales in a row. */
    int blocks(int columns) {
        return scales == Scales.NONE ? 0 : columns / block;
    }

    /** Columns of a section; the last of a row may have fewer. */
    public int section() {
        return switch (scales) {
            case NONE -> Integer.MAX_VALUE;
            case HALF -> 2 * block;
            case SUPER -> 4 * block;
            case FLOAT -> block;
        };
    }

    /** Lines of scales and minima in a section. */
    public int scaleLines() {
        return minima ? 2 : 1;
    }

    /**
     * Columns of a section whose codes stand before its scales: a block, since integers are added up before they are scaled, and
     * none where values are scaled one by one.
     */
    private int before() {
        return integers() ? block : 0;
    }

    /** The line with the scales of the section of a column; the next is that of its minima. */
    public int scaleLine(int column) {
        return sectionLine(column) + codes.ints(before());
    }

    /** The line of a group in which the codes of a column begin, the first of a unit. */
    public int line(int column) {
        if (scales == Scales.NONE) {
            return codes.ints(column);
        }
        int in = column % section();
        return sectionLine(column) + codes.ints(in) + (in < before() ? 0 : scaleLines());
    }

    /** The line in which the section of a column begins. */
    private int sectionLine(int column) {
        int supers = scales == Scales.SUPER ? column / SUPER + 1 : 0;
        return supers + column / section() * sectionLines();
    }

    /** How many lines the scales and codes of a section take. */
    public int sectionLines() {
        return scaleLines() + codes.ints(section());
    }

    /** The line in front of the super-block of a column. */
    public int superLine(int column) {
        return sectionLine(column / SUPER * SUPER) - 1;
    }

    /** Columns from one on whose codes lie side by side. */
    public int together(int column) {
        if (scales == Scales.NONE) {
            return Integer.MAX_VALUE;
        }
        int in = column % section();
        return (in < before() ? before() : section()) - in;
    }

    /** Lines of a group. */
    int lines(int columns) {
        if (scales == Scales.NONE) {
            return codes.ints(columns);
        }
        int sections = (columns + section() - 1) / section() * scaleLines();
        return Math.addExact(sections + (scales == Scales.SUPER ? columns / SUPER : 0), codes.ints(columns));
    }
}
