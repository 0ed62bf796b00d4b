/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;

/** Floats to blocks, rounded as ggml's reference ({@code ggml-quants.c}, {@code quantize_row_*_ref}) rounds them. */
public final class BlockEncoder {

    /** The types that can be written. */
    public static final Set<TensorType> TYPES = Set.of(TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0,
            TensorType.Q4_0);

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
     * @throws IllegalArgumentException if the type cannot be written
     */
    public static void encode(TensorType type, float[] source, int count, ByteBuffer into) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i += type.blockSize()) {
            switch (type) {
                case F32 -> into.putFloat(finite(source[i]));
                case F16 -> into.putShort(half(source[i]));
                case BF16 -> into.putShort(upperHalf(source[i]));
                case Q8_0 -> eights(source, i, into);
                case Q4_0 -> fours(source, i, into);
                default -> throw new IllegalArgumentException(type + " cannot be written; possible are " + TYPES + ".");
            }
        }
    }

    private static float finite(float value) {
        if (Float.isNaN(value) || Float.isInfinite(value)) {
            throw new ArithmeticException("a value is " + value);
        }
        return value;
    }

    private static short half(float value) {
        short half = Float.floatToFloat16(finite(value));
        if ((half & 0x7c00) == 0x7c00) {
            throw new ArithmeticException(value + " is too large for a float16");
        }
        return half;
    }

    /** To the nearest, ties to even. */
    private static short upperHalf(float value) {
        int bits = Float.floatToRawIntBits(finite(value));
        return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }

    private static void eights(float[] x, int at, ByteBuffer into) {
        float largest = 0;
        for (int j = 0; j < 32; j++) {
            largest = Math.max(largest, Math.abs(finite(x[at + j])));
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

    private static void fours(float[] x, int at, ByteBuffer into) {
        float extreme = 0;
        for (int j = 0; j < 32; j++) {
            if (Math.abs(finite(x[at + j])) > Math.abs(extreme)) {
                extreme = x[at + j];
            }
        }
        float d = extreme / -8;
        float inverse = d == 0 ? 0 : 1 / d;
        into.putShort(half(d));
        for (int j = 0; j < 16; j++) {
            int low = Math.min(15, (int) (x[at + j] * inverse + 8.5f));
            int high = Math.min(15, (int) (x[at + j + 16] * inverse + 8.5f));
            into.put((byte) (low | high << 4));
        }
    }
}
