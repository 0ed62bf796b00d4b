/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/** A small F32 tensor that stands in no file. */
public final class ArrayTensor implements Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String name;
    private final long columns;
    private final float[] values;

    /**
     * A tensor of values.
     *
     * @param name for messages
     * @param columns values in a row; divides the number of values
     * @param values row after row, at least one row; copied
     */
    public ArrayTensor(String name, int columns, float[] values) {
        if (columns < 1 || values.length == 0 || values.length % columns != 0) {
            throw new IllegalArgumentException(
                    name + ": " + values.length + " values are not rows of " + columns + ".");
        }
        this.name = name;
        this.columns = columns;
        this.values = values.clone();
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
        return values.length / columns;
    }

    @Override
    public long columns() {
        return columns;
    }

    @Override
    public MemorySegment map(Arena arena) {
        MemorySegment segment = arena.allocate(byteSize(), Float.BYTES);
        MemorySegment.copy(values, 0, segment, FLOAT, 0, values.length);
        return segment.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) {
        Objects.checkFromIndexSize(firstRow, count, rows());
        System.arraycopy(values, (int) (firstRow * columns), into, at, (int) (count * columns));
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        return new ArrayTensor(Slices.name(this, firstRow, count), (int) columns,
                Arrays.copyOfRange(values, (int) (firstRow * columns), (int) ((firstRow + count) * columns)));
    }
}
