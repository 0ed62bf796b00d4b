/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A handle on a matrix (or vector) of weights in a file. Holds no memory until it is mapped or read.
 *
 * <p>
 * A tensor has {@link #rows()} rows of {@link #columns()} values, row after row without gaps; a vector is one row. In
 * {@code y = W x} a row gives one element of {@code y} and a column meets one element of {@code x}. Safe for use from any
 * thread; usable while its {@link ModelFile} is open.
 */
@ConsumerType
public interface Tensor {

    /**
     * Its name in the file, for messages; parts of a larger tensor say which part.
     *
     * @return a name
     */
    String name();

    /**
     * How values are stored.
     *
     * @return the type
     */
    TensorType type();

    /**
     * Rows.
     *
     * @return 1 or more
     */
    long rows();

    /**
     * Values in a row.
     *
     * @return 1 or more, a multiple of the type's block size
     */
    long columns();

    /**
     * Size as stored.
     *
     * @return bytes
     */
    default long byteSize() {
        return type().bytes(Math.multiplyExact(rows(), columns()));
    }

    /**
     * Maps the stored bytes.
     *
     * @param arena owner of the mapping: closing it unmaps
     * @return {@link #byteSize()} bytes, read-only; not aligned to more than one byte
     * @throws IOException if the file cannot be mapped, or has become shorter than it was when opened
     */
    MemorySegment map(Arena arena) throws IOException;

    /**
     * Decodes rows to float. Meant for small tensors, for types that a backend has no kernel for, and for tests.
     *
     * @param firstRow first row, 0 or more
     * @param count rows, 0 or more
     * @param into gets {@code count * columns()} values, row after row
     * @param at index of the first
     * @throws IOException if the file cannot be read
     * @throws IndexOutOfBoundsException if rows or array are too few
     */
    void read(long firstRow, int count, float[] into, int at) throws IOException;

    /**
     * A part of this tensor: consecutive rows.
     *
     * @param firstRow first row
     * @param count rows, 1 or more
     * @return a handle on the part
     * @throws IndexOutOfBoundsException if there are fewer rows
     */
    Tensor slice(long firstRow, long count);
}
