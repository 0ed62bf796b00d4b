/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import java.util.Arrays;

/** A list of vectors, each somewhere in an array: what a product reads and writes. Allocates only to grow. */
public final class Rows {

    private float[][] arrays = {};
    private int[] offsets = {};

    /** Vectors that lie one after the other in an array. */
    public static Rows of(float[] array, int stride, int count) {
        return of(array, 0, stride, count);
    }

    /** The same, from an index on. */
    static Rows of(float[] array, int from, int stride, int count) {
        Rows rows = new Rows();
        rows.reserve(count);
        for (int i = 0; i < count; i++) {
            rows.set(i, array, from + i * stride);
        }
        return rows;
    }

    /** Makes room for so many vectors. */
    void reserve(int count) {
        if (count > offsets.length) {
            arrays = Arrays.copyOf(arrays, count);
            offsets = Arrays.copyOf(offsets, count);
        }
    }

    /** Says where a vector lies. */
    void set(int index, float[] array, int offset) {
        arrays[index] = array;
        offsets[index] = offset;
    }

    float[] array(int index) {
        return arrays[index];
    }

    int offset(int index) {
        return offsets[index];
    }

    /** Forgets the arrays of the first vectors, so that they can be collected. */
    void clear(int count) {
        Arrays.fill(arrays, 0, count, NONE);
    }

    private static final float[] NONE = {};
}
