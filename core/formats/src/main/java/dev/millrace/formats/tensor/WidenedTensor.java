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
import java.nio.ByteOrder;

/**
 * A tensor of another type seen as F32, for the small ones that every backend computes in float: norms, routers, kernels.
 * Mapping copies it.
 *
 * @param stored as it is in the file
 */
public record WidenedTensor(Tensor stored) implements Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * A tensor as F32.
     *
     * @param tensor of any type
     * @return the same if it is F32 already
     */
    public static Tensor of(Tensor tensor) {
        return tensor.type() == TensorType.F32 ? tensor : new WidenedTensor(tensor);
    }

    @Override
    public String name() {
        return stored.name();
    }

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public long rows() {
        return stored.rows();
    }

    @Override
    public long columns() {
        return stored.columns();
    }

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        float[] row = new float[Math.toIntExact(columns())];
        MemorySegment segment = arena.allocate(byteSize(), Float.BYTES);
        for (long r = 0; r < rows(); r++) {
            stored.read(r, 1, row, 0);
            MemorySegment.copy(row, 0, segment, FLOAT, r * row.length * Float.BYTES, row.length);
        }
        return segment.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) throws IOException {
        stored.read(firstRow, count, into, at);
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        return new WidenedTensor(stored.slice(firstRow, count));
    }
}
