/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import dev.millrace.formats.tensor.BlockDecoder;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Random weights, made when they are asked for: the blocks directly, as quantising would take minutes. Values are uniform with
 * a standard deviation of {@code 1 / sqrt(columns)}, so that what goes in at a size of one comes out so. A row depends on the
 * seed and its number only.
 *
 * @param name in the file
 * @param type F32, F16, Q8_0, Q4_0, Q4_K, Q6_K or MXFP4
 * @param rows 1 or more
 * @param columns a multiple of the type's block size
 * @param seed of the tensor
 * @param firstRow number of the first row
 */
record RandomTensor(String name, TensorType type, long rows, long columns, long seed,
        long firstRow) implements Tensor {

    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
    /** Of the 16 values that four bits of E2M1 can have. */
    private static final double E2M1_DEVIATION = 2.93;
    private static final double SQRT_12 = Math.sqrt(12);

    @Override
    public MemorySegment map(Arena arena) {
        MemorySegment all = arena.allocate(byteSize(), Long.BYTES);
        byte[] row = new byte[rowBytes()];
        for (long r = 0; r < rows; r++) {
            fill(row, firstRow + r);
            MemorySegment.copy(row, 0, all, ValueLayout.JAVA_BYTE, r * row.length, row.length);
        }
        return all.asReadOnly();
    }

    @Override
    public void read(long first, int count, float[] into, int at) {
        Objects.checkFromIndexSize(first, count, rows);
        byte[] row = new byte[rowBytes()];
        for (int r = 0; r < count; r++) {
            fill(row, firstRow + first + r);
            BlockDecoder.decode(type, row, 0, row.length / type.blockBytes(), into, at + Math.toIntExact(r * columns));
        }
    }

    @Override
    public Tensor slice(long first, long count) {
        Objects.checkFromIndexSize(first, count, rows);
        return new RandomTensor(name, type, count, columns, seed, firstRow + first);
    }

    private int rowBytes() {
        return Math.toIntExact(type.bytes(columns));
    }

    private void fill(byte[] row, long number) {
        ByteBuffer out = ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN);
        long state = mix(seed ^ mix(number + GOLDEN_GAMMA));
        int at = 0;
        for (; at + Long.BYTES <= row.length; at += Long.BYTES) {
            state += GOLDEN_GAMMA;
            out.putLong(at, mix(state));
        }
        for (; at < row.length; at++) {
            state += GOLDEN_GAMMA;
            row[at] = (byte) mix(state);
        }
        double deviation = 1 / Math.sqrt((double) columns);
        for (int b = 0; b < row.length; b += type.blockBytes()) {
            scale(out, b, deviation);
        }
    }

    /**
     * Sets the quantisation scales of a block. The numbers are the deviations of uniform values of 4, 6 and 8 bits. Codes reach
     * one further down than up, so their mean is not zero. Half of all scales are negative to make up for that: otherwise each
     * matrix would turn all inputs a bit towards one vector, and in the end all tokens would take the same experts.
     */
    private void scale(ByteBuffer out, int b, double deviation) {
        switch (type) {
            case F32 -> out.putFloat(b, plain(out.getInt(b), deviation));
            case F16 -> out.putShort(b, Float.floatToFloat16(plain(out.getShort(b) << 16, deviation)));
            case Q4_0 -> putSigned(out, b, deviation * SQRT_12 / 16);
            case MXFP4 -> out.put(b, (byte) Math.round(127 + Math.log(deviation / E2M1_DEVIATION) / Math.log(2)));
            case Q8_0 -> putSigned(out, b, deviation * SQRT_12 / 256);
            case Q6_K -> {
                for (int group = 0; group < 16; group++) {
                    out.put(b + 192 + group, (byte) 8);
                }
                putSigned(out, b + 208, deviation * SQRT_12 / 64 / 8);
            }
            case Q4_K -> {
                // all scales and minima are 32; the minimum is what makes the mean zero
                float d = (float) (deviation * SQRT_12 / 16 / 32);
                out.putShort(b, Float.floatToFloat16(d));
                out.putShort(b + 2, Float.floatToFloat16(7.5f * d));
                out.putInt(b + 4, 0xa0a0a0a0).putInt(b + 8, 0xa0a0a0a0).putInt(b + 12, 0);
            }
            default -> throw new IllegalArgumentException("No random " + type + ".");
        }
    }

    /** A binary16 with the sign of the random bits that are there. */
    private static void putSigned(ByteBuffer out, int at, double scale) {
        out.putShort(at, Float.floatToFloat16((float) (out.getShort(at) < 0 ? -scale : scale)));
    }

    private static float plain(int bits, double deviation) {
        return (float) (bits / 0x1p32 * SQRT_12 * deviation);
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, 2014). */
    private static long mix(long z) {
        long a = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        long b = (a ^ a >>> 27) * 0x94d049bb133111ebL;
        return b ^ b >>> 31;
    }
}
