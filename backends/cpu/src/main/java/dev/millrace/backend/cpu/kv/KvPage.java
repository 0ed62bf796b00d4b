/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Supplier;

/** Keys and values of {@link KvLayout#PAGE} tokens, off the heap; shared by forks, freed with the last. */
public final class KvPage {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Runs whose largest value is below this are kept as zeros: far from where floats lose digits. */
    private static final float SMALLEST = 0x1p-96f;

    private final Supplier<Arena> memory;
    private final Arena arena;
    private final MemorySegment data;
    private int holders = 1;

    /** A page with memory of its own. */
    public KvPage(KvLayout layout) {
        this(layout, Arena::ofShared);
    }

    KvPage(KvLayout layout, Supplier<Arena> memory) {
        this.memory = memory;
        this.arena = memory.get();
        try {
            data = arena.allocate(Math.max(layout.pageBytes(), 64), 64);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    /** The page, as laid out by {@link KvLayout}. */
    public MemorySegment data() {
        return data;
    }

    KvPage hold() {
        holders++;
        return this;
    }

    boolean shared() {
        return holders > 1;
    }

    public void release() {
        if (--holders == 0) {
            arena.close();
        }
    }

    /** A page of one's own with the same content; gives up the hold on this one. */
    KvPage separate(KvLayout layout) {
        KvPage copy = new KvPage(layout, memory);
        copy.data.copyFrom(data);
        release();
        return copy;
    }

    /** Writes one head's key of a token, rounded to the layer's type. */
    public void writeKey(KvLayout.Layer layer, int head, int token, float[] from, int at) {
        long start = layer.keys(head);
        float factor = scale(layer, layer.keyScale(head, token), from, at);
        for (int d = 0; d < layer.headSize(); d++) {
            set(layer.type(), start + layer.key(token, d), from[at + d] * factor);
        }
    }

    /** Writes one head's values of a token, rounded to the layer's type. */
    public void writeValue(KvLayout.Layer layer, int head, int token, float[] from, int at) {
        long start = layer.values(head);
        float factor = scale(layer, layer.valueScale(head, token), from, at);
        for (int d = 0; d < layer.headSize(); d++) {
            set(layer.type(), start + layer.value(token, d), from[at + d] * factor);
        }
    }

    /** Reads one head's key of a token. */
    public void readKey(KvLayout.Layer layer, int head, int token, float[] into, int at) {
        long start = layer.keys(head);
        float scale = layer.type() == KvType.Q8 ? scale(layer.keyScale(head, token)) : 1;
        for (int d = 0; d < layer.headSize(); d++) {
            into[at + d] = get(layer.type(), start + layer.key(token, d)) * scale;
        }
    }

    /** Reads one head's values of a token. */
    public void readValue(KvLayout.Layer layer, int head, int token, float[] into, int at) {
        long start = layer.values(head);
        float scale = layer.type() == KvType.Q8 ? scale(layer.valueScale(head, token)) : 1;
        for (int d = 0; d < layer.headSize(); d++) {
            into[at + d] = get(layer.type(), start + layer.value(token, d)) * scale;
        }
    }

    /**
     * Writes the scale of a run, if the type has any: a 127th of the largest value, rounded to 8 binary digits, as bfloat16 has.
     * The largest value is 126.5 to 127.5 scales, so its code is 127, and a code of 7 digits times a scale is exact in a float. So
     * what is read from a page and written again gives the same scale and the same codes.
     *
     * @return the factor that makes codes of values
     */
    float scale(KvLayout.Layer layer, long place, float[] from, int at) {
        if (layer.type() != KvType.Q8) {
            return 1;
        }
        float most = 0;
        for (int d = at; d < at + layer.headSize(); d++) {
            most = Math.max(most, Math.abs(from[d]));
        }
        short upper = most < SMALLEST ? 0 : (short) ((Float.floatToIntBits(most / 127) + 0x8000) >>> 16);
        data.set(HALF, place, upper);
        return upper == 0 ? 0 : 1 / scale(place);
    }

    /** Reads the scale at a place. */
    public float scale(long place) {
        return Float.intBitsToFloat(data.get(HALF, place) << 16);
    }

    private void set(KvType type, long place, float value) {
        switch (type) {
            case F32 -> data.set(FLOAT, place, value);
            case F16 -> data.set(HALF, place, Float.floatToFloat16(value));
            case Q8 -> data.set(ValueLayout.JAVA_BYTE, place, (byte) Math.round(value));
        }
    }

    private float get(KvType type, long place) {
        return switch (type) {
            case F32 -> data.get(FLOAT, place);
            case F16 -> Float.float16ToFloat(data.get(HALF, place));
            case Q8 -> data.get(ValueLayout.JAVA_BYTE, place);
        };
    }
}
