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
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * Rows of another tensor in another order: every second one, or permuted. Mapping copies them.
 *
 * @param source holds the rows
 * @param rows how many this one has
 * @param order the source's row for each of them
 */
public record RowsTensor(Tensor source, long rows, LongUnaryOperator order) implements Tensor {

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public TensorType type() {
        return source.type();
    }

    @Override
    public long columns() {
        return source.columns();
    }

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        long row = type().bytes(columns());
        MemorySegment copy = arena.allocate(byteSize(), Float.BYTES);
        // a part of the source is enough: some sources copy what is mapped
        long first = LongStream.range(0, rows).map(order).min().orElse(0);
        long last = LongStream.range(0, rows).map(order).max().orElse(0);
        try (Arena mapping = Arena.ofConfined()) {
            MemorySegment part = source.slice(first, last - first + 1).map(mapping);
            for (long r = 0; r < rows; r++) {
                MemorySegment.copy(part, (order.applyAsLong(r) - first) * row, copy, r * row, row);
            }
        }
        return copy.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) throws IOException {
        Objects.checkFromIndexSize(firstRow, count, rows);
        for (int r = 0; r < count; r++) {
            source.read(order.applyAsLong(firstRow + r), 1, into, Math.toIntExact(at + r * columns()));
        }
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        return new RowsTensor(source, count, row -> order.applyAsLong(firstRow + row));
    }
}
