/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Floats to blocks, as ggml's reference ({@code ggml-quants.c}, {@code quantize_row_*_ref}) stores them, bit for bit. With an
 * importance of each column errors count by it.
 */
public final class BlockEncoder {

    /** The types that can be written: all. */
    public static final Set<TensorType> TYPES = Set.of(TensorType.values());

    private BlockEncoder() {
    }

    /**
     * Encodes consecutive values.
     *
     * @param type one of {@link #TYPES}
     * @param source the values
     * @param count how many, from the first; a multiple of the type's block size
     * @param into gets the blocks from its position on
     * @throws ArithmeticException if a value or scale is not finite, or too large for the type
     */
    public static void encode(TensorType type, float[] source, int count, ByteBuffer into) {
        encode(type, source, count, null, into);
    }

    /**
     * Encodes rows, by what matters.
     *
     * @param type one of {@link #TYPES}
     * @param source the values
     * @param count how many, from the first; whole rows
     * @param importance of the errors in each column, 0 or more, as many as a row has values; or null. Q8_0, MXFP4 and the plain types
     *            do not need it
     * @param into gets the blocks from its position on
     * @throws ArithmeticException if a value or scale is not finite, or too large for the type
     */
    public static void encode(TensorType type, float[] source, int count, float @Nullable [] importance,
            ByteBuffer into) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            finite(source[i]);
        }
        if (type.blockSize() == 1) {
            plain(type, source, count, into);
            return;
        }
        byte[] block = new byte[type.blockBytes()];
        SuperBlockEncoder large = new SuperBlockEncoder();
        LevelEncoder levels = new LevelEncoder();
        GroupFit fit = new GroupFit();
        for (int i = 0; i < count; i += type.blockSize()) {
            int at = importance == null ? 0 : i % importance.length;
            switch (type) {
                case Q8_0 -> eights(source, i, into);
                case Q4_0, Q5_0 -> {
                    int bits = type == TensorType.Q4_0 ? 4 : 5;
                    if (importance == null) {
                        symmetric(bits, source, i, into);
                    } else {
                        weighed(bits, fit, source, i, importance, at, into);
                    }
                }
                case Q4_1, Q5_1 -> {
                    int bits = type == TensorType.Q4_1 ? 4 : 5;
                    if (importance == null) {
                        withMinimum(bits, source, i, into);
                    } else {
                        weighedMinimum(bits, fit, source, i, importance, at, into);
                    }
                }
                case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> {
                    large.encode(type, source, i, importance, at, block, 0);
                    into.put(block);
                }
                case IQ4_NL -> {
                    levels.nonLinear(source, i, importance, at, block, 0);
                    into.put(block);
                }
                case IQ4_XS -> {
                    levels.nonLinearGroups(source, i, importance, at, block, 0);
                    into.put(block);
                }
                case MXFP4 -> {
                    levels.microscaled(source, i, block, 0);
                    into.put(block);
                }
                case F32, F16, BF16 -> throw new IllegalStateException("Plain types have no blocks.");
            }
        }
    }

    private static void plain(TensorType type, float[] source, int count, ByteBuffer into) {
        for (int i = 0; i < count; i++) {
            switch (type) {
                case F32 -> into.putFloat(source[i]);
                case F16 -> into.putShort(half(source[i]));
                case BF16 -> into.putShort(upperHalf(source[i]));
                default -> throw new IllegalStateException(type + " has blocks.");
            }
        }
    }

    private static float finite(float value) {
        if (Float.isNaN(value) || Float.isInfinite(value)) {
            throw new ArithmeticException("a value is " + value);
        }
        return value;
    }

    static short half(float value) {
        short half = Float.floatToFloat16(finite(value));
        if ((half & 0x7c00) == 0x7c00) {
            throw new ArithmeticException(value + " is too large for a float16");
        }
        return half;
    }

    /** To the nearest, ties to even. */
    private static short upperHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }

    private static void eights(float[] x, int at, ByteBuffer into) {
        float largest = 0;
        for (int j = 0; j < 32; j++) {
            largest = Math.max(largest, Math.abs(x[at + j]));
        }
        float d = largest / 127;
        float inverse = d == 0 ? 0 : 1 / d;
        into.putShort(half(d));
        for (int j = 0; j < 32; j++) {
            float scaled = x[at + j] * inverse;
            // halves away from zero; in double, where adding a half does not round
            into.put((byte) Math.copySign(Math.floor(Math.abs((double) scaled) + 0.5), scaled));
        }
    }

    private static void symmetric(int bits, float[] x, int at, ByteBuffer into) {
        int levels = 1 << (bits - 1);
        float d = GroupFit.extreme(x, at, 32) / -levels;
        float inverse = d == 0 ? 0 : 1 / d;
        into.putShort(half(d));
        int[] numbers = new int[32];
        for (int j = 0; j < 32; j++) {
            numbers[j] = Math.min(2 * levels - 1, (int) (x[at + j] * inverse + (levels + 0.5f)));
        }
        pack(bits, numbers, 0, into);
    }

    private static void withMinimum(int bits, float[] x, int at, ByteBuffer into) {
        int most = (1 << bits) - 1;
        float low = x[at];
        float high = x[at];
        for (int j = 1; j < 32; j++) {
            low = Math.min(low, x[at + j]);
            high = Math.max(high, x[at + j]);
        }
        float d = (high - low) / most;
        float inverse = d == 0 ? 0 : 1 / d;
        into.putShort(half(d));
        into.putShort(half(low));
        int[] numbers = new int[32];
        for (int j = 0; j < 32; j++) {
            numbers[j] = Math.min(most, (int) ((x[at + j] - low) * inverse + 0.5f));
        }
        pack(bits, numbers, 0, into);
    }

    /** Four bits of each number, and the fifth before them. */
    private static void pack(int bits, int[] numbers, int first, ByteBuffer into) {
        if (bits == 5) {
            int high = 0;
            for (int j = 0; j < 32; j++) {
                high |= numbers[first + j] >> 4 << j;
            }
            into.putInt(high);
        }
        for (int j = 0; j < 16; j++) {
            into.put((byte) ((numbers[first + j] & 15) | (numbers[first + j + 16] & 15) << 4));
        }
    }

    private static float[] weights(float[] x, int at, float[] importance, int importanceAt) {
        float spread = 0;
        for (int j = 0; j < 32; j++) {
            spread += x[at + j] * x[at + j];
        }
        spread /= 32;
        float[] weights = new float[32];
        float sum = 0;
        for (int j = 0; j < 32; j++) {
            weights[j] = importance[importanceAt + j] * (float) Math.sqrt(spread + x[at + j] * x[at + j]);
            sum += weights[j];
        }
        if (!(sum > 0)) {
            Arrays.fill(weights, 1); // columns that the text never used
        }
        return weights;
    }

    private static void weighed(int bits, GroupFit fit, float[] x, int at, float[] importance, int importanceAt,
            ByteBuffer into) {
        int[] numbers = new int[32];
        float[] values = Arrays.copyOfRange(x, at, at + 32);
        float d = fit.symmetric(values, 0, 32, 1 << (bits - 1), numbers, weights(x, at, importance, importanceAt));
        into.putShort(half(d));
        pack(bits, numbers, 0, into);
    }

    private static void weighedMinimum(int bits, GroupFit fit, float[] x, int at, float[] importance,
            int importanceAt, ByteBuffer into) {
        int[] numbers = new int[32];
        float[] values = Arrays.copyOfRange(x, at, at + 32);
        float d = fit.withMinimum(values, 0, 32, (1 << bits) - 1, weights(x, at, importance, importanceAt), numbers,
                -0.9f,
                0.05f, 36, false);
        into.putShort(half(d));
        into.putShort(half(-fit.minimum));
        pack(bits, numbers, 0, into);
    }
}
