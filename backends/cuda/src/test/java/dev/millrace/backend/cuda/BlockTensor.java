/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.formats.tensor.BlockDecoder;
import dev.millrace.formats.tensor.BlockEncoder;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** A small tensor of any type in memory, whose values are those of its blocks. */
final class BlockTensor implements Tensor {

    private final String name;
    private final TensorType type;
    private final int count;
    private final int width;
    private final byte[] stored;

    private BlockTensor(String name, TensorType type, int count, int width, byte[] stored) {
        this.name = name;
        this.type = type;
        this.count = count;
        this.width = width;
        this.stored = stored;
    }

    /** Random values, stored in a type. */
    static BlockTensor random(TensorType type, int rows, int columns, Random random) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * (rows == 1 ? 0.5 : 1.5 / Math.sqrt(columns)));
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(type.bytes(values.length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        BlockEncoder.encode(type, values, values.length, bytes);
        return new BlockTensor(rows + "x" + columns, type, rows, columns, bytes.array());
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
        return count;
    }

    @Override
    public long columns() {
        return width;
    }

    @Override
    public MemorySegment map(Arena arena) {
        MemorySegment data = arena.allocate(stored.length, 64);
        MemorySegment.copy(MemorySegment.ofArray(stored), 0, data, 0, stored.length);
        return data;
    }

    private int rowBytes() {
        return Math.toIntExact(type.bytes(width));
    }

    @Override
    public void read(long firstRow, int rows, float[] into, int at) {
        BlockDecoder.decode(type, stored, Math.toIntExact(firstRow * rowBytes()), rows * width / type.blockSize(), into,
                at);
    }

    @Override
    public Tensor slice(long firstRow, long rows) {
        int from = Math.toIntExact(firstRow * rowBytes());
        return new BlockTensor(name, type, Math.toIntExact(rows), width,
                Arrays.copyOfRange(stored, from, from + Math.toIntExact(rows * rowBytes())));
    }
}
