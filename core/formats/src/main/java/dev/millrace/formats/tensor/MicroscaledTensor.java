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
import java.util.Objects;

/**
 * MXFP4 as gpt-oss's safetensors files have it: values in one tensor (two in a byte, the earlier in its lower half) and exponents
 * in another. Read as blocks of GGUF's MXFP4, where the exponent stands before 16 bytes that hold values {@code j} and
 * {@code j + 16}. Mapping copies.
 *
 * @param name without the endings of the two
 * @param rows rows
 * @param columns a multiple of 32
 * @param file where both lie; the caller has checked that they lie inside
 * @param values offset of the first byte of values
 * @param exponentFile where the exponents lie
 * @param exponents offset of the first exponent
 */
public record MicroscaledTensor(String name, long rows, long columns, WeightFile file, long values,
        WeightFile exponentFile, long exponents) implements Tensor {

    private static final int BLOCK = 32;
    private static final int BYTES = 16;

    @Override
    public TensorType type() {
        return TensorType.MXFP4;
    }

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        MemorySegment all = arena.allocate(byteSize(), Float.BYTES);
        long row = type().bytes(columns);
        for (long r = 0; r < rows; r++) {
            MemorySegment.copy(MemorySegment.ofArray(row(r)), ValueLayout.JAVA_BYTE, 0, all, ValueLayout.JAVA_BYTE,
                    r * row, row);
        }
        return all.asReadOnly();
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) throws IOException {
        Objects.checkFromIndexSize(firstRow, count, rows);
        int blocks = Math.toIntExact(columns / BLOCK);
        for (int r = 0; r < count; r++) {
            BlockDecoder.decode(type(), row(firstRow + r), 0, blocks, into, Math.toIntExact(at + r * columns));
        }
    }

    /** A row as GGUF stores it. */
    private byte[] row(long number) throws IOException {
        int blocks = Math.toIntExact(columns / BLOCK);
        byte[] pairs = new byte[blocks * BYTES];
        byte[] scales = new byte[blocks];
        file.read(values + number * pairs.length, ByteBuffer.wrap(pairs));
        exponentFile.read(exponents + number * blocks, ByteBuffer.wrap(scales));
        byte[] row = new byte[blocks * type().blockBytes()];
        for (int b = 0; b < blocks; b++) {
            int to = b * type().blockBytes();
            row[to] = scales[b];
            for (int j = 0; j < BYTES; j++) {
                int low = nibble(pairs, b * BYTES, j);
                int high = nibble(pairs, b * BYTES, j + BYTES);
                row[to + 1 + j] = (byte) (low | high << 4);
            }
        }
        return row;
    }

    private static int nibble(byte[] pairs, int from, int value) {
        return pairs[from + value / 2] >> (value % 2 * 4) & 15;
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        long blocks = columns / BLOCK;
        return new MicroscaledTensor(Slices.name(this, firstRow, count), count, columns, file,
                values + firstRow * blocks * BYTES, exponentFile, exponents + firstRow * blocks);
    }
}
