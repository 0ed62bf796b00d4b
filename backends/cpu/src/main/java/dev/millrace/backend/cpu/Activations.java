/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.util.Arrays;

/**
 * Input vectors prepared for the kernels: quantised to 8 bits, or as floats, and interleaved for tiles. Vectors of one product
 * are cut into tiles of a width; in a tile, element {@code i} of all its vectors lies side by side. Grows to the largest use,
 * then allocates no more.
 */
final class Activations {

    /** Vectors in a tile of a matrix-matrix product. */
    static final int TILE = 8;
    /** Columns that share a scale. */
    static final int BLOCK = 32;

    /** How vectors are prepared. */
    enum Form {
        /** Floats as they are, in {@link #values}. */
        FLOATS,
        /** Quantised, whole numbers in {@link #values}. */
        WHOLE,
        /** Quantised, two neighbouring columns an int of {@link #pairs}, the even one in the lower half. */
        PAIRS,
        /**
         * Quantised, one vector by itself in {@link #pairs}, for nibbles, sixes or bytes: as pairs, or in the form in which
         * {@link VectorDots} multiplies unmasked digits.
         */
        DIGITS
    }

    /** Quantised values, two an int. */
    int[] pairs = {};
    /** What a step of a quantised value is worth; one a block of {@link #BLOCK} columns. */
    float[] scales = {};
    /** Sums of quantised values over a weight's block, even columns in the lower half. */
    int[] sums = {};
    /** The same sums, even and odd together, times the scale. */
    float[] totals = {};
    /** Floats, or quantised values as floats. */
    float[] values = {};
    private int pairsUsed;
    private int scalesUsed;
    private int sumsUsed;
    private int valuesUsed;

    /** How the inputs of a product lie here. */
    static final class Place {
        Form form = Form.FLOATS;
        /** Vectors side by side: 1 or {@link #TILE}. */
        int width;
        /** Columns of a vector. */
        int columns;
        /** How the weights are coded. */
        Packing.Codes codes = Packing.Codes.FLOATS;
        /** Columns in a block of the weights; of floats 0. */
        int block;
        int pairs;
        int scales;
        int sums;
        int values;

        /** Index of the first pair of columns of a vector; the next are {@link #width} apart. */
        int pair(int vector) {
            return at(pairs, vector, ints());
        }

        int scale(int vector) {
            return at(scales, vector, columns / BLOCK);
        }

        int sum(int vector) {
            return at(sums, vector, columns / block);
        }

        int value(int vector) {
            return at(values, vector, columns);
        }

        private int at(int base, int vector, int elements) {
            return base + vector / width * elements * width + vector % width;
        }

        /** Ints that a vector takes: digits of sixes that are cut in two are multiplied twice. */
        private int ints() {
            return form == Form.DIGITS && codes == Packing.Codes.SIXES ? columns / 16 * 10 : columns / 2;
        }

        private int vectors(int count) {
            return (count + width - 1) / width * width;
        }
    }

    /** Forgets what was prepared. */
    void clear() {
        pairsUsed = 0;
        scalesUsed = 0;
        sumsUsed = 0;
        valuesUsed = 0;
    }

    /**
     * Makes room for quantised vectors.
     *
     * @param packing of the weights
     * @param alone whether each vector is multiplied by itself, not in a tile
     */
    void integers(Place place, int count, int columns, Packing packing, boolean alone) {
        place.width = alone ? 1 : TILE;
        place.form = alone ? Form.DIGITS : packing.wide() ? Form.WHOLE : Form.PAIRS;
        place.columns = columns;
        place.codes = packing.codes();
        place.block = packing.run();
        int vectors = place.vectors(count);
        place.pairs = pairsUsed;
        place.scales = scalesUsed;
        place.sums = sumsUsed;
        place.values = valuesUsed;
        scalesUsed += vectors * (columns / BLOCK);
        sumsUsed += vectors * (columns / place.block) + 1; // kernels read one ahead
        if (place.form == Form.WHOLE) {
            valuesUsed = Math.addExact(valuesUsed, Math.multiplyExact(vectors, columns));
        } else {
            pairsUsed = Math.addExact(pairsUsed, Math.multiplyExact(vectors, place.ints()));
        }
        grow();
    }

    /** Makes room for vectors of floats. */
    void floats(Place place, int count, int columns) {
        place.form = Form.FLOATS;
        place.width = TILE;
        place.columns = columns;
        place.codes = Packing.Codes.FLOATS;
        place.block = 0;
        place.values = valuesUsed;
        valuesUsed = Math.addExact(valuesUsed, Math.multiplyExact(place.vectors(count), columns));
        grow();
    }

    private void grow() {
        if (pairsUsed > pairs.length) {
            pairs = Arrays.copyOf(pairs, pairsUsed);
        }
        if (scalesUsed > scales.length) {
            scales = Arrays.copyOf(scales, scalesUsed);
        }
        if (sumsUsed > sums.length) {
            sums = Arrays.copyOf(sums, sumsUsed);
            totals = Arrays.copyOf(totals, sumsUsed);
        }
        if (valuesUsed > values.length) {
            values = Arrays.copyOf(values, valuesUsed);
        }
    }

    /** Writes one vector as floats. */
    void put(Place place, int vector, float[] x, int from) {
        int at = place.value(vector);
        for (int i = 0; i < place.columns; i++) {
            values[at + i * place.width] = x[from + i];
        }
    }

    /**
     * Writes a block of {@link #BLOCK} quantised values, digits for {@link VectorDots}.
     *
     * @param own the values, two an int, in its first 16 elements
     */
    void put(Place place, int vector, int block, int[] own) {
        switch (place.form) {
            case WHOLE -> whole(place, vector, block, own);
            case PAIRS -> pairs(place, vector, block, own);
            case DIGITS -> {
                switch (place.codes) {
                    case NIBBLES -> digits(place.pair(vector) + 16 * block, 3, 4, own);
                    case BYTES -> digits(place.pair(vector) + 16 * block, 1, 8, own);
                    case SIXES -> {
                        sixes(place.pair(vector) + 20 * block, 0, own);
                        sixes(place.pair(vector) + 20 * block + 10, 8, own);
                    }
                    case HALVES, BRAINS, FLOATS -> throw new IllegalArgumentException("floats have no digits");
                }
            }
            case FLOATS -> throw new IllegalArgumentException("floats are not quantised");
        }
    }

    /** Writes a block as pairs of columns. */
    void pairs(Place place, int vector, int block, int[] own) {
        int at = place.pair(vector) + 16 * block * place.width;
        for (int i = 0; i < 16; i++) {
            pairs[at + i * place.width] = own[i];
        }
    }

    /** Writes a block as whole numbers. */
    void whole(Place place, int vector, int block, int[] own) {
        int at = place.value(vector) + BLOCK * block * place.width;
        for (int i = 0; i < 16; i++) {
            values[at + 2 * i * place.width] = (short) own[i];
            values[at + (2 * i + 1) * place.width] = own[i] >> 16;
        }
    }

    private void digits(int at, int mask, int bits, int[] own) {
        for (int i = 0; i < 16; i++) {
            pairs[at + i] = (i & mask) == 0 ? own[i] : less(own[i], own[i - 1], bits);
        }
    }

    private void sixes(int at, int first, int[] own) {
        int e0 = own[first];
        int e1 = own[first + 1];
        int e2 = own[first + 2];
        int e3 = own[first + 3];
        int e4 = own[first + 4];
        int e5 = own[first + 5];
        int e6 = own[first + 6];
        int e7 = own[first + 7];
        pairs[at] = e0;
        pairs[at + 1] = less(e1, e0, 6);
        pairs[at + 2] = less(e6, e1, 6);
        pairs[at + 3] = e2;
        pairs[at + 4] = less(e3, e2, 6);
        pairs[at + 5] = less(e7, e3, 6);
        pairs[at + 6] = e4;
        pairs[at + 7] = less(e5, e4, 6);
        pairs[at + 8] = less(left(e6, 4), e5, 6);
        pairs[at + 9] = less(left(e7, 4), left(e6, 4), 2);
    }

    /** {@code a - (b << bits)} in both halves, modulo 2^16. */
    private static int less(int a, int b, int bits) {
        return ((a - (b << bits)) & 0xffff) | (((a >> 16) - (b >> 16 << bits)) << 16);
    }

    private static int left(int a, int bits) {
        return ((a << bits) & 0xffff) | (a >> 16 << (bits + 16));
    }

    /** Writes zeros after the last vector, to the end of its tile. */
    void pad(Place place, int count) {
        for (int v = count; v % place.width != 0; v++) {
            switch (place.form) {
                case FLOATS -> fill(values, place.value(v), place.columns, place.width);
                case WHOLE -> {
                    fill(values, place.value(v), place.columns, place.width);
                    fill(scales, place.scale(v), place.columns / BLOCK, place.width);
                }
                case PAIRS -> {
                    fill(pairs, place.pair(v), place.columns / 2, place.width);
                    fill(sums, place.sum(v), place.columns / place.block, place.width);
                    fill(totals, place.sum(v), place.columns / place.block, place.width);
                    fill(scales, place.scale(v), place.columns / BLOCK, place.width);
                }
                case DIGITS -> throw new IllegalStateException("one vector needs no padding");
            }
        }
    }

    private static void fill(int[] array, int at, int count, int stride) {
        for (int i = 0; i < count; i++) {
            array[at + i * stride] = 0;
        }
    }

    private static void fill(float[] array, int at, int count, int stride) {
        for (int i = 0; i < count; i++) {
            array[at + i * stride] = 0;
        }
    }
}
