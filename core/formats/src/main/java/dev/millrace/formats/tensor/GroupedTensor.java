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
 * bias}. The numbers of a row follow each other bit by bit, the lowest first. Up to 4 bits it is Q4_1, where all scales and biases are
 * numbers of 16 bits of IEEE 754, as nearly all are; else F32, since no type of GGUF holds it. Both are without loss. Mapping copies.
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
 * @param type Q4_1 or F32, see {@link #of}
 */
public record GroupedTensor(String name, long rows, long columns, int bits, int group, WeightFile file, long offset,
        Tensor scales, Tensor biases, TensorType type) implements Tensor {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Scales that are looked at together. */
    private static final int LOOKED_AT = 1 << 16;
    private static final int BLOCK = TensorType.Q4_1.blockSize();

    /**
     * The matrix, in the smallest type that holds it without loss. Reads all scales and biases where there may be a smaller one.
     *
     * @param name in the file
     * @param rows rows
     * @param columns a multiple of the group
     * @param bits of a number
     * @param group numbers that share a scale, a multiple of 32
     * @param file where the numbers lie; the caller has checked that they lie inside
     * @param offset of their first byte
     * @param scales one row per row, one value per group
     * @param biases likewise
     * @return the tensor
     * @throws IOException if the scales cannot be read
     */
    public static GroupedTensor of(String name, long rows, long columns, int bits, int group, WeightFile file,
            long offset, Tensor scales, Tensor biases) throws IOException {
        GroupedTensor small = new GroupedTensor(name, rows, columns, bits, group, file, offset, scales, biases,
                TensorType.Q4_1);
        return bits <= 4 && small.fits() ? small : small.as(TensorType.F32);
    }

    private GroupedTensor as(TensorType other) {
        return new GroupedTensor(name, rows, columns, bits, group, file, offset, scales, biases, other);
    }

    /** Whether scales and biases are numbers of 16 bits; a scale need not be where all numbers of its group are zero. */
    private boolean fits() throws IOException {
        if (scales.type() == TensorType.F16 && biases.type() == TensorType.F16) {
            return true;
        }
        int groups = Math.toIntExact(columns / group);
        int step = (int) Math.clamp(LOOKED_AT / groups, 1, rows);
        float[] scale = new float[step * groups];
        float[] bias = new float[step * groups];
        for (long r = 0; r < rows; r += step) {
            int count = (int) Math.min(step, rows - r);
            scales.read(r, count, scale, 0);
            biases.read(r, count, bias, 0);
            for (int i = 0; i < count * groups; i++) {
                if (!isHalf(bias[i]) || (!isHalf(scale[i]) && !isZero(r + i / groups, i % groups))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isHalf(float value) {
        return Float.float16ToFloat(Float.floatToFloat16(value)) == value;
    }

    /** A group is a whole number of bytes, since it has a multiple of 32 numbers. */
    private boolean isZero(long row, int number) throws IOException {
        ByteBuffer packed = ByteBuffer.allocate(group * bits / Byte.SIZE);
        file.read(offset + row * rowBytes() + (long) number * packed.capacity(), packed);
        for (byte each : packed.array()) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    private int rowBytes() {
        return Math.toIntExact(columns * bits / Byte.SIZE);
    }

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        MemorySegment all = arena.allocate(byteSize(), Float.BYTES);
        if (type == TensorType.Q4_1) {
            blocks(all);
            return all.asReadOnly();
        }
        float[] row = new float[Math.toIntExact(columns)];
        for (long r = 0; r < rows; r++) {
            read(r, 1, row, 0);
            MemorySegment.copy(row, 0, all, FLOAT, r * row.length * Float.BYTES, row.length);
        }
        return all.asReadOnly();
    }

    private void blocks(MemorySegment all) throws IOException {
        int groups = Math.toIntExact(columns / group);
        byte[] packed = new byte[rowBytes() + 3];
        float[] scale = new float[groups];
        float[] bias = new float[groups];
        ByteBuffer row = ByteBuffer.allocate(Math.toIntExact(type.bytes(columns))).order(ByteOrder.LITTLE_ENDIAN);
        for (long r = 0; r < rows; r++) {
            file.read(offset + r * rowBytes(), ByteBuffer.wrap(packed, 0, rowBytes()));
            scales.read(r, 1, scale, 0);
            biases.read(r, 1, bias, 0);
            row.clear();
            for (int at = 0; at < columns; at += BLOCK) {
                float d = scale[at / group];
                // only a scale that is not used is no number of 16 bits
                row.putShort(Float.floatToFloat16(isHalf(d) ? d : 0));
                row.putShort(Float.floatToFloat16(bias[at / group]));
                for (int j = 0; j < BLOCK / 2; j++) {
                    row.put((byte) (number(packed, at + j) | number(packed, at + j + BLOCK / 2) << 4));
                }
            }
            MemorySegment.copy(row.array(), 0, all, ValueLayout.JAVA_BYTE, r * row.capacity(), row.capacity());
        }
    }

    private int number(byte[] packed, int i) {
        int bit = i * bits;
        int two = (packed[bit >> 3] & 255) | (packed[(bit >> 3) + 1] & 255) << 8;
        return two >> (bit & 7) & ((1 << bits) - 1);
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
                into[at + r * width + i] = scale[i / group] * number(packed, i) + bias[i / group];
            }
        }
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        return new GroupedTensor(Slices.name(this, firstRow, count), count, columns, bits, group, file,
                offset + firstRow * rowBytes(), scales.slice(firstRow, count), biases.slice(firstRow, count),
                type);
    }
}
