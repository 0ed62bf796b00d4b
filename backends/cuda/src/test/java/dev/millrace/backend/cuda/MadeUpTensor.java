/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Weights that nobody trained, small and finite; they repeat, so that gigabytes of them cost nothing. */
record MadeUpTensor(String name, TensorType type, long rows, long columns) implements Tensor {

    private static final int BLOCKS = 4096;

    @Override
    public MemorySegment map(Arena arena) {
        MemorySegment data = arena.allocate(byteSize(), 64);
        byte[] pattern = pattern();
        for (long at = 0; at < data.byteSize(); at += pattern.length) {
            long some = Math.min(pattern.length, data.byteSize() - at);
            MemorySegment.copy(MemorySegment.ofArray(pattern), 0, data, at, some);
        }
        return data;
    }

    private byte[] pattern() {
        Random random = new Random(name.hashCode());
        int one = type.isQuantised() ? type.blockBytes() : type.blockBytes() * 32;
        int blocks = Math.clamp(byteSize() / one, 1, BLOCKS);
        MemorySegment bytes = MemorySegment.ofArray(new byte[one * blocks]);
        random.nextBytes((byte[]) bytes.heapBase().orElseThrow());
        for (int b = 0; b < blocks; b++) {
            long at = (long) b * one;
            switch (type) {
                case Q4_0, Q8_0 -> half(bytes, at, type == TensorType.Q4_0 ? 0.01f : 0.0005f);
                case Q6_K -> half(bytes, at + 208, 0.00005f);
                case Q4_K, Q5_K -> {
                    half(bytes, at, 0.0001f);
                    half(bytes, at + 2, 0.0001f);
                }
                default -> {
                    for (int i = 0; i < 32; i++) {
                        float value = (float) random.nextGaussian() * 0.03f;
                        switch (type) {
                            case BF16 -> bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * i,
                                    (short) (Float.floatToRawIntBits(value) >>> 16));
                            case F16 -> half(bytes, at + 2L * i, value);
                            default -> bytes.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * i, value);
                        }
                    }
                }
            }
        }
        return (byte[]) bytes.heapBase().orElseThrow();
    }

    private static void half(MemorySegment bytes, long at, float value) {
        bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16(value));
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) {
        Random random = new Random(name.hashCode() + firstRow);
        for (int i = 0; i < count * columns; i++) {
            into[at + i] = rows == 1 ? 1 : (float) random.nextGaussian() * 0.03f;
        }
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        return new MadeUpTensor(name + "+" + firstRow, type, count, columns);
    }
}
