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
 * Floats of 8 bits (E4M3) with a scale for each block of rows and columns, as Hugging Face folders store FP8: {@code scale * value}.
 * No type of GGUF has such blocks, so it is read as F32, without loss. Mapping copies.
 *
 * <p>
 * Source: OCP 8-bit Floating Point Specification: E4M3 has a sign, 4 bits of exponent with bias 7 and 3 of mantissa, no infinities,
 * and NaN where all bits but the sign are set.
 *
 * @param name in the file
 * @param rows rows
 * @param columns columns
 * @param file where the values lie; the caller has checked that they lie inside
 * @param offset of the first value
 * @param scales one row for {@code blockRows} rows, one value for {@code blockColumns} columns; the last blocks may be cut off
 * @param skipped rows of the first block that are not part of this tensor
 * @param blockRows rows that share a scale
 * @param blockColumns columns that share a scale
 */
public record ScaledTensor(String name, long rows, long columns, WeightFile file, long offset, Tensor scales,
        long skipped, long blockRows, long blockColumns) implements Tensor {

    private static final int MANTISSA = 3;
    private static final int BIAS = 7;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public TensorType type() {
        return TensorType.F32;
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
        byte[] stored = new byte[width];
        float[] scale = new float[Math.toIntExact(scales.columns())];
        long block = -1;
        for (int r = 0; r < count; r++) {
            file.read(offset + (firstRow + r) * width, ByteBuffer.wrap(stored));
            long needed = (skipped + firstRow + r) / blockRows;
            if (needed != block) {
                scales.read(needed, 1, scale, 0);
                block = needed;
            }
            for (int i = 0; i < width; i++) {
                into[at + r * width + i] = value(stored[i]) * scale[(int) (i / blockColumns)];
            }
        }
    }

    /** What 8 bits mean. */
    static float value(byte bits) {
        int exponent = bits >> MANTISSA & 15;
        int mantissa = bits & 7;
        float size = exponent == 15 && mantissa == 7
                ? Float.NaN
                : exponent == 0
                        ? Math.scalb((float) mantissa, 1 - BIAS - MANTISSA)
                        : Math.scalb((float) (8 + mantissa), exponent - BIAS - MANTISSA);
        return bits < 0 ? -size : size;
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        long first = (skipped + firstRow) / blockRows;
        long last = Math.ceilDiv(skipped + firstRow + count, blockRows);
        return new ScaledTensor(Slices.name(this, firstRow, count), count, columns, file, offset + firstRow * columns,
                scales.slice(first, last - first), (skipped + firstRow) % blockRows, blockRows, blockColumns);
    }
}
