/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A matrix whose values lie in another tensor at regular distances, for example transposed. Mapping copies it.
 *
 * @param source of a type without blocks: F32, F16 or BF16
 * @param rows rows
 * @param columns columns
 * @param first index of the first value among those of the source
 * @param rowStride values from a row to the next
 * @param columnStride values from a column to the next
 */
public record StridedTensor(Tensor source, long rows, long columns, long first, long rowStride,
        long columnStride) implements Tensor {

    /**
     * Checks that all of it lies inside the source.
     *
     * @throws IllegalArgumentException if the source has blocks
     * @throws IndexOutOfBoundsException if it does not
     */
    public StridedTensor {
        if (source.type().isQuantised()) {
            throw new IllegalArgumentException(source.name() + " has blocks of " + source.type() + ".");
        }
        Objects.checkIndex(first + (rows - 1) * rowStride + (columns - 1) * columnStride,
                source.rows() * source.columns());
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public TensorType type() {
        return source.type();
    }

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        MemorySegment copy = arena.allocate(byteSize(), Float.BYTES);
        gather(0, rows, copy);
        return copy.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) throws IOException {
        Objects.checkFromIndexSize(firstRow, count, rows);
        int values = Math.toIntExact(count * columns);
        byte[] bytes = new byte[Math.toIntExact(type().bytes(values))];
        gather(firstRow, count, MemorySegment.ofArray(bytes));
        BlockDecoder.decode(type(), bytes, 0, values, into, at);
    }

    private void gather(long firstRow, long count, MemorySegment into) throws IOException {
        int size = type().blockBytes();
        try (Arena mapping = Arena.ofConfined()) {
            MemorySegment all = source.map(mapping);
            // column by column, which is how the values of a transposed matrix lie
            for (long c = 0; c < columns; c++) {
                for (long r = 0; r < count; r++) {
                    long from = (first + (firstRow + r) * rowStride + c * columnStride) * size;
                    long to = (r * columns + c) * size;
                    if (size == Float.BYTES) {
                        into.set(ValueLayout.JAVA_INT_UNALIGNED, to, all.get(ValueLayout.JAVA_INT_UNALIGNED, from));
                    } else {
                        into.set(ValueLayout.JAVA_SHORT_UNALIGNED, to, all.get(ValueLayout.JAVA_SHORT_UNALIGNED, from));
                    }
                }
            }
        }
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        return new StridedTensor(source, count, columns, first + firstRow * rowStride, rowStride, columnStride);
    }
}
