/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import java.lang.foreign.MemorySegment;

/**
 * A matrix of weights as the executor keeps it: packed for the kernels, rounded up to whole groups with rows of zeros.
 *
 * @param name for messages
 * @param rows rows
 * @param columns values in a row
 * @param packing how they are packed
 * @param lanes rows in a group
 * @param data all groups, one after the other, as {@link Packing} says; owned by the executor
 */
public record Matrix(String name, int rows, int columns, Packing packing, int lanes, MemorySegment data) {

    /** Bytes that a packed matrix takes. */
    public static long bytes(long rows, int columns, Packing packing, int lanes) {
        return Math.multiplyExact(groups(rows, lanes), groupBytes(columns, packing, lanes));
    }

    private static long groupBytes(int columns, Packing packing, int lanes) {
        return 4L * lanes * packing.lines(columns);
    }

    private static long groups(long rows, int lanes) {
        return (rows + lanes - 1) / lanes;
    }

    /** Groups, the last filled up with rows of zeros. */
    public int groups() {
        return Math.toIntExact(groups(rows, lanes));
    }

    /** Scales in a row. */
    public int blocks() {
        return packing.blocks(columns);
    }

    /** Bytes of a group. */
    public int groupBytes() {
        return Math.toIntExact(groupBytes(columns, packing, lanes));
    }

    /** Offset of a line of a group. */
    public long offset(int group, int line) {
        return group * groupBytes(columns, packing, lanes) + 4L * lanes * line;
    }

    /** Address of a group. */
    public long address(int group) {
        return data.address() + offset(group, 0);
    }
}
