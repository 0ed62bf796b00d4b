/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Keys and values of {@link KvLayout#PAGE} tokens, off the heap in native order; shared by forks, freed with the last. */
final class KvPage {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment data;
    private final boolean half;
    private int holders = 1;

    KvPage(KvLayout layout) {
        half = layout.type() == TensorType.F16;
        try {
            data = arena.allocate(Math.max(layout.pageBytes(), 64), 64);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    KvPage hold() {
        holders++;
        return this;
    }

    boolean shared() {
        return holders > 1;
    }

    void release() {
        if (--holders == 0) {
            arena.close();
        }
    }

    /** A page of one's own with the same content; gives up the hold on this one. */
    KvPage separate(KvLayout layout) {
        KvPage own = new KvPage(layout);
        own.data.copyFrom(data);
        release();
        return own;
    }

    /** Writes a run of values, rounded to the page's type. */
    void write(long index, float[] from, int at, int count, short[] halves) {
        if (half) {
            for (int i = 0; i < count; i++) {
                halves[i] = Float.floatToFloat16(from[at + i]);
            }
            MemorySegment.copy(halves, 0, data, ValueLayout.JAVA_SHORT, index * 2, count);
        } else {
            MemorySegment.copy(from, at, data, ValueLayout.JAVA_FLOAT, index * 4, count);
        }
    }

    /** Reads a run of values. */
    void read(long index, float[] into, int at, int count, short[] halves) {
        if (half) {
            MemorySegment.copy(data, ValueLayout.JAVA_SHORT, index * 2, halves, 0, count);
            for (int i = 0; i < count; i++) {
                into[at + i] = Float.float16ToFloat(halves[i]);
            }
        } else {
            MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, index * 4, into, at, count);
        }
    }
}
