/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Weights as stored: decoding value by value as the GGUF specification words it, and blocks made of random bytes. */
final class Blocks {

    private Blocks() {
    }

    /** Random blocks with scales near 1/100. */
    static byte[] random(TensorType type, int count, Random random) {
        byte[] raw = new byte[Math.toIntExact(type.bytes(count))];
        random.nextBytes(raw);
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        for (int b = 0; b < raw.length; b += type.blockBytes()) {
            switch (type) {
                case F32 -> buffer.putFloat(b, (float) random.nextGaussian() / 10);
                case F16 -> buffer.putShort(b, Float.floatToFloat16((float) random.nextGaussian() / 10));
                case BF16 ->
                    buffer.putShort(b, (short) (Float.floatToIntBits((float) random.nextGaussian() / 10) >> 16));
                case Q4_K, Q5_K -> {
                    scale(buffer, b, random.nextFloat() / 300);
                    scale(buffer, b + 2, random.nextFloat() / 300);
                }
                case Q6_K -> scale(buffer, b + 208, random.nextFloat() / 3000);
                default -> scale(buffer, b, random.nextFloat() / 50);
            }
        }
        return raw;
    }

    /** Sets all scales to a value. */
    static void scales(TensorType type, byte[] raw, float value) {
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        for (int b = 0; b < raw.length; b += type.blockBytes()) {
            scale(buffer, type == TensorType.Q6_K ? b + 208 : b, value);
        }
    }

    private static void scale(ByteBuffer buffer, int at, float value) {
        buffer.putShort(at, Float.floatToFloat16(value));
    }

    /** One value. */
    static float value(TensorType type, byte[] raw, int index) {
        ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        int b = index / type.blockSize() * type.blockBytes();
        int i = index % type.blockSize();
        return switch (type) {
            case F32 -> buffer.getFloat(b);
            case F16 -> half(buffer, b);
            case BF16 -> Float.intBitsToFloat(buffer.getShort(b) << 16);
            case Q8_0 -> half(buffer, b) * raw[b + 2 + i];
            case Q4_0 -> half(buffer, b) * (nibble(raw, b + 2 + i % 16, i / 16) - 8);
            case Q5_0 -> {
                int high = (buffer.getInt(b + 2) >>> i) & 1;
                yield half(buffer, b) * (nibble(raw, b + 6 + i % 16, i / 16) + 16 * high - 16);
            }
            case Q4_K -> grouped(buffer, raw, b, i, nibble(raw, b + 16 + i / 64 * 32 + i % 32, i / 32 % 2));
            case Q5_K -> grouped(buffer, raw, b, i, nibble(raw, b + 48 + i / 64 * 32 + i % 32, i / 32 % 2)
                    + 16 * ((raw[b + 16 + i % 32] >> (i / 32)) & 1));
            case Q6_K -> {
                int part = i % 128 / 32;
                int low = nibble(raw, b + i / 128 * 64 + part % 2 * 32 + i % 32, part / 2);
                int high = (raw[b + 128 + i / 128 * 32 + i % 32] >> (2 * part)) & 3;
                yield (float) ((double) half(buffer, b + 208) * raw[b + 192 + i / 16] * (low + 16 * high - 32));
            }
            default -> throw new IllegalArgumentException("no reference for " + type);
        };
    }

    private static float grouped(ByteBuffer buffer, byte[] raw, int b, int i, int q) {
        int j = i / 32;
        int scale;
        int minimum;
        if (j < 4) {
            scale = buffer.get(b + 4 + j) & 0x3f;
            minimum = buffer.get(b + 8 + j) & 0x3f;
        } else {
            scale = nibble(raw, b + 8 + j, 0) + 16 * ((buffer.get(b + j) & 0xff) >> 6);
            minimum = nibble(raw, b + 8 + j, 1) + 16 * ((buffer.get(b + 4 + j) & 0xff) >> 6);
        }
        return (float) ((double) half(buffer, b) * scale * q - (double) half(buffer, b + 2) * minimum);
    }

    private static float half(ByteBuffer buffer, int at) {
        return Float.float16ToFloat(buffer.getShort(at));
    }

    private static int nibble(byte[] raw, int at, int which) {
        return ((raw[at] & 0xff) >> (4 * which)) & 15;
    }
}
