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

    /** Two neighbouring columns an int, the even one in the lower half. */
    int[] pairs = {};
    /** What a step of a quantised value is worth; one a block of {@link #BLOCK} columns. */
    float[] scales = {};
    /** Sums of quantised values over a weight's block, even columns in the lower half. */
    int[] sums = {};
    /** The same sums, even and odd together, times the scale. */
    float[] totals = {};
    /** Inputs as they are. */
    float[] values = {};
    private int pairsUsed;
    private int scalesUsed;
    private int sumsUsed;
    private int valuesUsed;

    /** How the inputs of a product lie here. */
    static final class Place {
        /** Vectors side by side: 1 or {@link #TILE}. */
        int width;
        /** Columns of a vector. */
        int columns;
        /** Columns in a block of the weights; 0 where inputs are floats. */
        int block;
        int pairs;
        int scales;
        int sums;
        int values;

        boolean quantised() {
            return block > 0;
        }

        /** Index of the first pair of columns of a vector; the next are {@link #width} apart. */
        int pair(int vector) {
            return at(pairs, vector, columns / 2);
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
    }

    /** Forgets what was prepared. */
    void clear() {
        pairsUsed = 0;
        scalesUsed = 0;
        sumsUsed = 0;
        valuesUsed = 0;
    }

    /** Makes room for vectors of a product that computes with integers. */
    void integers(Place place, int count, int columns, int block, int width) {
        int vectors = whole(place, count, columns, block, width);
        place.pairs = pairsUsed;
        place.scales = scalesUsed;
        place.sums = sumsUsed;
        pairsUsed = Math.addExact(pairsUsed, Math.multiplyExact(vectors, columns / 2));
        scalesUsed += vectors * (columns / BLOCK);
        sumsUsed += vectors * (columns / block) + 1; // kernels read one ahead
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
    }

    /** Makes room for vectors of a product that computes with floats. */
    void floats(Place place, int count, int columns, int width) {
        int vectors = whole(place, count, columns, 0, width);
        place.values = valuesUsed;
        valuesUsed = Math.addExact(valuesUsed, Math.multiplyExact(vectors, columns));
        if (valuesUsed > values.length) {
            values = Arrays.copyOf(values, valuesUsed);
        }
    }

    private static int whole(Place place, int count, int columns, int block, int width) {
        place.width = width;
        place.columns = columns;
        place.block = block;
        return (count + width - 1) / width * width;
    }

    /** Writes one vector as floats. */
    void put(Place place, int vector, float[] x, int from) {
        int at = place.value(vector);
        for (int i = 0; i < place.columns; i++) {
            values[at + i * place.width] = x[from + i];
        }
    }

    /** Writes zeros after the last vector, to the end of its tile. */
    void pad(Place place, int count) {
        for (int v = count; v % place.width != 0; v++) {
            if (place.quantised()) {
                fill(pairs, place.pair(v), place.columns / 2, place.width);
                fill(sums, place.sum(v), place.columns / place.block, place.width);
                fill(totals, place.sum(v), place.columns / place.block, place.width);
                fill(scales, place.scale(v), place.columns / BLOCK, place.width);
            } else {
                fill(values, place.value(v), place.columns, place.width);
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
