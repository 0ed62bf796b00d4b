/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/** Floats in memory that stand for a tensor of a file. */
final class MemoryTensor implements Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final int rows;
    private final float[] values;

    MemoryTensor(String name, int rows, float[] values) {
        this.name = name;
        this.rows = rows;
        this.values = values;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public long columns() {
        return values.length / rows;
    }

    @Override
    public MemorySegment map(Arena arena) {
        MemorySegment memory = arena.allocate(byteSize(), 64);
        MemorySegment.copy(values, 0, memory, FLOAT, 0, values.length);
        return memory.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) {
        Objects.checkFromIndexSize(firstRow, (long) count, (long) rows);
        System.arraycopy(values, (int) (firstRow * columns()), into, at, (int) (count * columns()));
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Objects.checkFromIndexSize(firstRow, count, (long) rows);
        return new MemoryTensor(name + "[" + firstRow + "]", (int) count,
                Arrays.copyOfRange(values, (int) (firstRow * columns()), (int) ((firstRow + count) * columns())));
    }
}
