/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;

/** Weights as stored: decoding value by value as the GGUF specification words it, and blocks made of random bytes. */
public final class Blocks {

    private Blocks() {
    }

    /** Random blocks whose values are of the size of 1/10. */
    public static byte[] random(TensorType type, int count, Random random) {
        byte[] raw = new byte[Math.toIntExact(type.bytes(count))];
        random.nextBytes(raw);
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        for (int b = 0; b < raw.length; b += type.blockBytes()) {
            switch (type) {
                case F32 -> buffer.putFloat(b, (float) random.nextGaussian() / 10);
                case F16 -> half(buffer, b, (float) random.nextGaussian() / 10);
                case BF16 ->
                    buffer.putShort(b, (short) (Float.floatToIntBits((float) random.nextGaussian() / 10) >> 16));
                case MXFP4 -> raw[b] = (byte) (120 + random.nextInt(4));
                default -> {
                    float size = type.blockSize() == 32 ? 0.02f : type == TensorType.Q6_K ? 3e-4f : 3e-3f;
                    float scale = random.nextFloat() * size;
                    half(buffer, b + scaleAt(type), scale);
                    if (minimumAt(type) >= 0) {
                        half(buffer, b + minimumAt(type), scale * middle(type) * (0.8f + random.nextFloat() * 0.4f));
                    }
                }
            }
        }
        return raw;
    }

    /** What a minimum is in scales, so that values lie around 0: those of super-blocks are subtracted. */
    private static float middle(TensorType type) {
        return switch (type) {
            case Q4_1 -> -7.5f;
            case Q5_1 -> -15.5f;
            case Q2_K -> 1.5f;
            case Q4_K -> 7.5f;
            default -> 15.5f;
        };
    }

    /** Sets the scales of all blocks to a value, and their minima. Exponents without a fraction become those of the value. */
    public static void scales(TensorType type, byte[] raw, float scale, float minimum) {
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        for (int b = 0; b < raw.length; b += type.blockBytes()) {
            if (type == TensorType.MXFP4) {
                raw[b] = (byte) (Math.getExponent(scale) + 127);
                continue;
            }
            half(buffer, b + scaleAt(type), scale);
            if (minimumAt(type) >= 0) {
                half(buffer, b + minimumAt(type), minimum);
            }
        }
    }

    /** Sets all bytes that hold codes, those of scales stay. */
    public static void codes(TensorType type, byte[] raw, int value) {
        int from = switch (type) {
            case Q3_K, Q6_K -> 0;
            case MXFP4 -> 1;
            case Q4_0, Q5_0, Q8_0, IQ4_NL -> 2;
            case Q4_1, Q5_1 -> 4;
            case IQ4_XS -> 8;
            case Q2_K, Q4_K, Q5_K -> 16;
            case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no codes");
        };
        int to = switch (type) {
            case Q2_K -> 80;
            case Q3_K -> 96;
            case Q6_K -> 192;
            default -> type.blockBytes();
        };
        for (int b = 0; b < raw.length; b += type.blockBytes()) {
            Arrays.fill(raw, b + from, b + to, (byte) value);
        }
    }

    /** Where a block has its binary16 scale. */
    private static int scaleAt(TensorType type) {
        return switch (type) {
            case Q2_K -> 80;
            case Q3_K -> 108;
            case Q6_K -> 208;
            default -> 0;
        };
    }

    /** Where a block has its binary16 minimum; negative if it has none. */
    private static int minimumAt(TensorType type) {
        return switch (type) {
            case Q4_1, Q5_1, Q4_K, Q5_K -> 2;
            case Q2_K -> 82;
            default -> -1;
        };
    }

    /** Whether a value is a multiple of a scale plus a minimum. */
    public static boolean minima(TensorType type) {
        return minimumAt(type) >= 0;
    }

    /** One value. */
    public static float value(TensorType type, byte[] raw, int index) {
        return (float) (scaled(type, raw, index) + minimum(type, raw, index));
    }

    /** One value without its minimum, exactly. */
    public static double scaled(TensorType type, byte[] raw, int index) {
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        int b = index / type.blockSize() * type.blockBytes();
        int i = index % type.blockSize();
        double d = type.isQuantised() && type != TensorType.MXFP4 ? half(buffer, b + scaleAt(type)) : 1;
        return switch (type) {
            case F32 -> buffer.getFloat(b);
            case F16 -> half(buffer, b);
            case BF16 -> Float.intBitsToFloat(buffer.getShort(b) << 16);
            case Q8_0 -> d * raw[b + 2 + i];
            case Q4_0 -> d * (nibble(raw, b + 2 + i % 16, i / 16) - 8);
            case Q4_1 -> d * nibble(raw, b + 4 + i % 16, i / 16);
            case Q5_0 -> d * (nibble(raw, b + 6 + i % 16, i / 16) + 16 * bit(raw, b + 2, i) - 16);
            case Q5_1 -> d * (nibble(raw, b + 8 + i % 16, i / 16) + 16 * bit(raw, b + 4, i));
            case IQ4_NL -> d * level(nibble(raw, b + 2 + i % 16, i / 16));
            case MXFP4 -> Math.scalb(e2m1(nibble(raw, b + 1 + i % 16, i / 16)), (raw[b] & 0xff) - 127);
            case Q2_K -> d * nibble(raw, b + i / 16, 0) * pair(raw, b + 16 + i / 128 * 32 + i % 32, i / 32 % 4);
            case Q3_K -> {
                int group = i / 16;
                int scale = nibble(raw, b + 96 + group % 8, group / 8)
                        + 16 * pair(raw, b + 104 + group % 4, group / 4) - 32;
                int low = pair(raw, b + 32 + i / 128 * 32 + i % 32, i / 32 % 4);
                yield d * scale * (low - (bit(raw, b + i % 32, i / 32) == 1 ? 0 : 4));
            }
            case Q4_K -> d * six(raw, b + 4, i / 32, 0) * nibble(raw, b + 16 + i / 64 * 32 + i % 32, i / 32 % 2);
            case Q5_K -> d * six(raw, b + 4, i / 32, 0)
                    * (nibble(raw, b + 48 + i / 64 * 32 + i % 32, i / 32 % 2) + 16 * bit(raw, b + 16 + i % 32, i / 32));
            case Q6_K -> {
                int part = i % 128 / 32;
                int low = nibble(raw, b + i / 128 * 64 + part % 2 * 32 + i % 32, part / 2);
                int high = pair(raw, b + 128 + i / 128 * 32 + i % 32, part);
                yield d * raw[b + 192 + i / 16] * (low + 16 * high - 32);
            }
            case IQ4_XS -> {
                int group = i / 32;
                int scale = nibble(raw, b + 4 + group / 2, group % 2)
                        + 16 * pair(raw, b + 2 + group / 4, group % 4) - 32;
                yield d * scale * level(nibble(raw, b + 8 + 16 * group + i % 16, i % 32 / 16));
            }
        };
    }

    /** What the minimum adds to a value, exactly. */
    public static double minimum(TensorType type, byte[] raw, int index) {
        if (!minima(type)) {
            return 0;
        }
        int b = index / type.blockSize() * type.blockBytes();
        int i = index % type.blockSize();
        double m = half(ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN), b + minimumAt(type));
        return switch (type) {
            case Q2_K -> -m * nibble(raw, b + i / 16, 1);
            case Q4_K, Q5_K -> -m * six(raw, b + 4, i / 32, 4);
            default -> m;
        };
    }

    /**
     * The 6-bit scale of a group of a super-block, or its minimum, 4 bytes on: those of the first four groups stand in the low
     * bits of a byte each; the others are made of a nibble and of the two bits above an earlier one.
     */
    private static int six(byte[] raw, int at, int group, int on) {
        return group < 4
                ? raw[at + on + group] & 63
                : nibble(raw, at + 4 + group, on / 4) + 16 * ((raw[at + on + group - 4] & 0xff) >> 6);
    }

    /** A number of two bits of exponent and one of fraction. */
    private static double e2m1(int code) {
        int exponent = code >> 1 & 3;
        double fraction = (code & 1) / 2.0;
        double size = exponent == 0 ? fraction : Math.scalb(1 + fraction, exponent - 1);
        return code > 7 ? -size : size;
    }

    /** The table of IQ4_NL. */
    private static int level(int code) {
        return new int[]{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}[code];
    }

    private static float half(ByteBuffer buffer, int at) {
        return Float.float16ToFloat(buffer.getShort(at));
    }

    private static void half(ByteBuffer buffer, int at, float value) {
        buffer.putShort(at, Float.floatToFloat16(value));
    }

    private static int nibble(byte[] raw, int at, int which) {
        return ((raw[at] & 0xff) >> (4 * which)) & 15;
    }

    private static int pair(byte[] raw, int at, int which) {
        return ((raw[at] & 0xff) >> (2 * which)) & 3;
    }

    /** A bit of a string of bytes, lowest first. */
    private static int bit(byte[] raw, int at, int which) {
        return ((raw[at + which / 8] & 0xff) >> (which % 8)) & 1;
    }
}
