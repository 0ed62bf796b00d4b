/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import dev.millrace.spi.model.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Carries one head's keys or values between a page and a state, many tokens at a time. Both are copied as a whole to arrays, and from
 * array to array value by value: single values of memory off the heap take twenty times as long before they are compiled, which
 * is when a start waits for a kept prefix. For one thread.
 */
final class KvBlock {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final KvLayout.Layer layer;
    private final int size;
    /** {@code [token][headSize]} of a page at most. */
    private final float[] values;
    private final short[] halves;
    /** As in the page; those of other types are empty. */
    private final byte[] bytes;
    private final short[] shorts;
    private final float[] floats;

    KvBlock(KvLayout.Layer layer) {
        this.layer = layer;
        size = layer.headSize();
        int block = KvLayout.PAGE * layer.width();
        values = new float[KvLayout.PAGE * size];
        halves = new short[values.length];
        bytes = new byte[layer.type() == KvType.Q8 ? block : 0];
        shorts = new short[layer.type() == KvType.F16 ? block : 0];
        floats = new float[layer.type() == KvType.F32 ? block : 0];
    }

    /** Puts keys of a state into a page, from a token of the page on; {@code at} is the first value in the state. */
    void intoKeys(KvPage page, int head, int token, int count, MemorySegment from, TensorType type, long at) {
        take(from, type, at, count);
        load(page, layer.keys(head));
        for (int t = 0; t < count; t++) {
            float factor = page.scale(layer, layer.keyScale(head, token + t), values, t * size);
            if (layer.type() == KvType.Q8) {
                // four neighbouring dimensions lie side by side
                for (int d = 0; d < size; d += 4) {
                    set(t * size + d, factor, index(layer.key(token + t, d)), 1, Math.min(4, size - d));
                }
            } else {
                set(t * size, factor, index(layer.key(token + t, 0)), KvLayout.PAGE, size);
            }
        }
        store(page, layer.keys(head));
    }

    /** The same with values. */
    void intoValues(KvPage page, int head, int token, int count, MemorySegment from, TensorType type, long at) {
        take(from, type, at, count);
        load(page, layer.values(head));
        for (int t = 0; t < count; t++) {
            float factor = page.scale(layer, layer.valueScale(head, token + t), values, t * size);
            set(t * size, factor, index(layer.value(token + t, 0)), valueStep(), size);
        }
        store(page, layer.values(head));
    }

    /** Puts keys of a page into a state. */
    void outOfKeys(KvPage page, int head, int token, int count, MemorySegment to, TensorType type, long at) {
        load(page, layer.keys(head));
        for (int t = 0; t < count; t++) {
            if (layer.type() == KvType.Q8) {
                float scale = page.scale(layer.keyScale(head, token + t));
                for (int d = 0; d < size; d += 4) {
                    get(t * size + d, scale, index(layer.key(token + t, d)), 1, Math.min(4, size - d));
                }
            } else {
                get(t * size, 1, index(layer.key(token + t, 0)), KvLayout.PAGE, size);
            }
        }
        give(to, type, at, count);
    }

    /** The same with values. */
    void outOfValues(KvPage page, int head, int token, int count, MemorySegment to, TensorType type, long at) {
        load(page, layer.values(head));
        for (int t = 0; t < count; t++) {
            float scale = layer.type() == KvType.Q8 ? page.scale(layer.valueScale(head, token + t)) : 1;
            get(t * size, scale, index(layer.value(token + t, 0)), valueStep(), size);
        }
        give(to, type, at, count);
    }

    /** From one dimension of a value to the next: bytes of four tokens share an int. */
    private int valueStep() {
        return layer.type() == KvType.Q8 ? Integer.BYTES : 1;
    }

    private int index(long place) {
        return (int) (place / layer.type().bytes);
    }

    private void take(MemorySegment from, TensorType type, long at, int count) {
        int many = count * size;
        if (type == TensorType.F32) {
            MemorySegment.copy(from, FLOAT, at * Float.BYTES, values, 0, many);
            return;
        }
        MemorySegment.copy(from, HALF, at * Short.BYTES, halves, 0, many);
        for (int i = 0; i < many; i++) {
            values[i] = Float.float16ToFloat(halves[i]);
        }
    }

    private void give(MemorySegment to, TensorType type, long at, int count) {
        int many = count * size;
        if (type == TensorType.F32) {
            MemorySegment.copy(values, 0, to, FLOAT, at * Float.BYTES, many);
            return;
        }
        for (int i = 0; i < many; i++) {
            halves[i] = Float.floatToFloat16(values[i]);
        }
        MemorySegment.copy(halves, 0, to, HALF, at * Short.BYTES, many);
    }

    private void load(KvPage page, long start) {
        MemorySegment.copy(page.data(), ValueLayout.JAVA_BYTE, start, bytes, 0, bytes.length);
        MemorySegment.copy(page.data(), HALF, start, shorts, 0, shorts.length);
        MemorySegment.copy(page.data(), FLOAT, start, floats, 0, floats.length);
    }

    private void store(KvPage page, long start) {
        MemorySegment.copy(bytes, 0, page.data(), ValueLayout.JAVA_BYTE, start, bytes.length);
        MemorySegment.copy(shorts, 0, page.data(), HALF, start, shorts.length);
        MemorySegment.copy(floats, 0, page.data(), FLOAT, start, floats.length);
    }

    /** Puts a run of values into the block, rounded as {@link KvPage} does. The loops are as short as they can be, see above. */
    private void set(int from, float factor, int to, int step, int many) {
        switch (layer.type()) {
            case F32 -> {
                for (int i = 0, at = to; i < many; i++, at += step) {
                    floats[at] = values[from + i];
                }
            }
            case F16 -> {
                for (int i = 0, at = to; i < many; i++, at += step) {
                    shorts[at] = Float.floatToFloat16(values[from + i]);
                }
            }
            case Q8 -> {
                for (int i = 0, at = to; i < many; i++, at += step) {
                    // Math.round for numbers above -128.5: exact, since doubles hold the sum
                    bytes[at] = (byte) ((int) (values[from + i] * factor + 128.5) - 128);
                }
            }
        }
    }

    private void get(int to, float scale, int from, int step, int many) {
        switch (layer.type()) {
            case F32 -> {
                for (int i = 0, at = from; i < many; i++, at += step) {
                    values[to + i] = floats[at];
                }
            }
            case F16 -> {
                for (int i = 0, at = from; i < many; i++, at += step) {
                    values[to + i] = Float.float16ToFloat(shorts[at]);
                }
            }
            case Q8 -> {
                for (int i = 0, at = from; i < many; i++, at += step) {
                    values[to + i] = bytes[at] * scale;
                }
            }
        }
    }
}
