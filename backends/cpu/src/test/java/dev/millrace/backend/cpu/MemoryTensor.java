/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A tensor in memory. Remembers who mapped it. */
public final class MemoryTensor implements Tensor {

    /** The arenas that tensors were mapped into. */
    public final List<Arena> arenas = Collections.synchronizedList(new ArrayList<>());

    private final String name;
    private final TensorType type;
    private final int rows;
    private final int columns;
    private final byte[] raw;
    /** All values, once somebody has asked; decoding them one by one is most of what a reference would take. */
    private volatile float[] decoded = new float[0];

    public MemoryTensor(String name, TensorType type, int rows, int columns, byte[] raw) {
        this.name = name;
        this.type = type;
        this.rows = rows;
        this.columns = columns;
        this.raw = raw;
    }

    public static MemoryTensor random(String name, TensorType type, int rows, int columns, Random random) {
        return new MemoryTensor(name, type, rows, columns, Blocks.random(type, rows * columns, random));
    }

    /** All values, not to be changed. */
    float[] values() {
        float[] values = decoded;
        if (values.length == 0) {
            values = new float[rows * columns];
            for (int i = 0; i < values.length; i++) {
                values[i] = Blocks.value(type, raw, i);
            }
            decoded = values;
        }
        return values;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public TensorType type() {
        return type;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public long columns() {
        return columns;
    }

    @Override
    public MemorySegment map(Arena arena) {
        arenas.add(arena);
        MemorySegment data = arena.allocate(raw.length);
        data.copyFrom(MemorySegment.ofArray(raw));
        return data.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) {
        System.arraycopy(values(), (int) firstRow * columns, into, at, count * columns);
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        int rowBytes = Math.toIntExact(type.bytes(columns));
        return new MemoryTensor(name, type, (int) count, columns,
                Arrays.copyOfRange(raw, (int) firstRow * rowBytes, (int) (firstRow + count) * rowBytes));
    }
}
