/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A handle that has a name and a shape alone. */
record NamedTensor(String name, long rows, long columns) implements Tensor {

    NamedTensor(String name) {
        this(name, 1, 1);
    }

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    @Override
    public MemorySegment map(Arena arena) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        return new NamedTensor(name + "[" + firstRow + "]", count, columns);
    }
}
