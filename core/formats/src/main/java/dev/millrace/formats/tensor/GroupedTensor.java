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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Whole numbers of 2, 3, 4, 6 or 8 bits with a scale and a bias for each group of a row, as MLX stores matrices: {@code scale * q +
 * bias}. The numbers of a row follow each other bit by bit, the lowest first. No type of GGUF has the range of such a bias, so it is
 * read as F32, without loss. Mapping copies.
 *
 * @param name in the file
 * @param rows rows
 * @param columns a multiple of the group
 * @param bits of a number
 * @param group numbers that share a scale
 * @param file where the numbers lie; the caller has checked that they lie inside
 * @param offset of their first byte
 * @param scales one row per row, one value per group
 * @param biases likewise
 */
public record GroupedTensor(String name, long rows, long columns, int bits, int group, WeightFile file, long offset,
        Tensor scales, Tensor biases) implements Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public TensorType type() {
        return TensorType.F32;
    }

    private int rowBytes() {
        return Math.toIntExact(columns * bits / Byte.SIZE);
    }

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        MemorySegment all = arena.allocate(byteSize(), Float.BYTES);
        float[] row = new float[Math.toIntExact(columns)];
        for (long r = 0; r < rows; r++) {
            read(r, 1, row, 0);
            MemorySegment.copy(row, 0, all, FLOAT, r * row.length * Float.BYTES, row.length);
        }
        return all.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) throws IOException {
        Objects.checkFromIndexSize(firstRow, count, rows);
        int width = Math.toIntExact(columns);
        Objects.checkFromIndexSize((long) at, (long) count * width, (long) into.length);
        int groups = width / group;
        // three bytes more, so that a number may be read with what lies behind it
        byte[] packed = new byte[rowBytes() + 3];
        float[] scale = new float[groups];
        float[] bias = new float[groups];
        for (int r = 0; r < count; r++) {
            file.read(offset + (firstRow + r) * rowBytes(), ByteBuffer.wrap(packed, 0, rowBytes()));
            scales.read(firstRow + r, 1, scale, 0);
            biases.read(firstRow + r, 1, bias, 0);
            for (int i = 0; i < width; i++) {
                int bit = i * bits;
                int two = (packed[bit >> 3] & 255) | (packed[(bit >> 3) + 1] & 255) << 8;
                int q = two >> (bit & 7) & ((1 << bits) - 1);
                into[at + r * width + i] = scale[i / group] * q + bias[i / group];
            }
        }
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        return new GroupedTensor(Slices.name(this, firstRow, count), count, columns, bits, group, file,
                offset + firstRow * rowBytes(), scales.slice(firstRow, count), biases.slice(firstRow, count));
    }
}
