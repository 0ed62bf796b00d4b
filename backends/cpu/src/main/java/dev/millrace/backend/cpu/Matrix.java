/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of weights as the executor keeps it: packed for the kernels, rounded up to whole pairs of groups with rows of zeros.
 *
 * @param name for messages
 * @param rows rows
 * @param columns values in a row
 * @param packing how they are packed
 * @param lanes rows in a group
 * @param data scales of all groups, then codes of all groups; owned by the executor
 */
record Matrix(String name, int rows, int columns, Packing packing, int lanes, MemorySegment data) {

    /** Bytes that a packed matrix takes. */
    static long bytes(long rows, int columns, Packing packing, int lanes) {
        return codes(rows, columns, packing, lanes)
                + Math.multiplyExact(2 * pairs(rows, lanes), (long) packing.codeBytes(columns, lanes));
    }

    /** Where codes begin: after the scales of all groups, on a page of memory. */
    private static long codes(long rows, int columns, Packing packing, int lanes) {
        return (2 * pairs(rows, lanes) * packing.scaleBytes(columns, lanes) + 4095) / 4096 * 4096;
    }

    private static long pairs(long rows, int lanes) {
        return (rows + 2L * lanes - 1) / (2L * lanes);
    }

    /** Pairs of groups, the last filled up with rows of zeros. */
    int pairs() {
        return Math.toIntExact(pairs(rows, lanes));
    }

    /** Offset of a group's scales. */
    long offset(int group) {
        return (long) group * packing.scaleBytes(columns, lanes);
    }

    /** Offset of a group's minima. */
    long minima(int group) {
        return offset(group) + 4L * lanes * (packing.scaleInts(columns) + packing.subScaleInts(columns));
    }

    /** Scales in a row. */
    int blocks() {
        return packing.blocks(columns);
    }

    /** Address of a group's codes. */
    long codes(int group) {
        return data.address() + offset(group, 0);
    }

    /** Offset of the codes of a column, the first of a unit. */
    long offset(int group, int column) {
        return codes(rows, columns, packing, lanes) + (long) group * packing.codeBytes(columns, lanes)
                + 4L * lanes * packing.codes().ints(column);
    }

    /**
     * Decodes one row, such as the embedding of a token.
     *
     * @param row which
     * @param own working memory
     * @param into gets the values
     * @param at index of the first
     */
    void row(int row, ScaleScratch own, float[] into, int at) {
        int group = row / lanes;
        int lane = row % lanes;
        ScalarKernels.decode(this, group, own, 0);
        for (int column = 0; column < columns; column++) {
            int scale = column / packing.block() * lanes + lane;
            into[at + column] = ScalarKernels.value(this, group, lane, column, own, scale);
        }
    }
}
