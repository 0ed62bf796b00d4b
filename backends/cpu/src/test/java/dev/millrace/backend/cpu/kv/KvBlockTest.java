/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is carried over many tokens at a time is what a page reads and writes one by one, bit by bit. */
class KvBlockTest {

    private static final int HEADS = 2;
    private static final int FROM = 5;
    private static final int COUNT = 40;

    @ParameterizedTest
    @CsvSource({"F32,F32,64", "F32,F16,64", "F16,F16,64", "F16,F32,48", "Q8,F32,64", "Q8,F32,42", "F16,F16,33"})
    void aBlockIsWhatItsTokensAre(KvType type, TensorType exchanged, int size) {
        KvLayout.Layer layer = new KvLayout.Layer(type, HEADS, size, 0);
        KvLayout layout = new KvLayout(type, List.of(layer), layer.end());
        KvPage singly = new KvPage(layout);
        KvPage together = new KvPage(layout);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(exchanged.bytes((long) HEADS * COUNT * size), 64);
            // what stands in a page beside the block stays
            for (int token = 0; token < KvLayout.PAGE; token++) {
                float[] old = new float[size];
                for (int i = 0; i < size; i++) {
                    old[i] = token - i;
                }
                for (int head = 0; head < HEADS; head++) {
                    write(singly, layer, head, token, old);
                    write(together, layer, head, token, old);
                }
            }
            KvBlock block = new KvBlock(layer);
            Random random = new Random(3);
            for (int head = 0; head < HEADS; head++) {
                long at = (long) head * COUNT * size;
                for (int t = 0; t < COUNT; t++) {
                    float[] run = values(size, t, random);
                    put(state, exchanged, at + (long) t * size, run);
                    write(singly, layer, head, FROM + t, run);
                }
                block.intoKeys(together, head, FROM, COUNT, state, exchanged, at);
                block.intoValues(together, head, FROM, COUNT, state, exchanged, at);
            }
            assertEquals(-1, singly.data().mismatch(together.data()));
            MemorySegment keys = arena.allocate(state.byteSize(), 64);
            MemorySegment values = arena.allocate(state.byteSize(), 64);
            MemorySegment expectedKeys = arena.allocate(state.byteSize(), 64);
            MemorySegment expectedValues = arena.allocate(state.byteSize(), 64);
            float[] run = new float[size];
            for (int head = 0; head < HEADS; head++) {
                long at = (long) head * COUNT * size;
                block.outOfKeys(together, head, FROM, COUNT, keys, exchanged, at);
                block.outOfValues(together, head, FROM, COUNT, values, exchanged, at);
                for (int t = 0; t < COUNT; t++) {
                    singly.readKey(layer, head, FROM + t, run, 0);
                    put(expectedKeys, exchanged, at + (long) t * size, run);
                    singly.readValue(layer, head, FROM + t, run, 0);
                    put(expectedValues, exchanged, at + (long) t * size, run);
                }
            }
            assertEquals(-1, expectedKeys.mismatch(keys));
            assertEquals(-1, expectedValues.mismatch(values));
        } finally {
            singly.release();
            together.release();
        }
    }

    private static void write(KvPage page, KvLayout.Layer layer, int head, int token, float[] run) {
        page.writeKey(layer, head, token, run, 0);
        page.writeValue(layer, head, token, run, 0);
    }

    /** With ties of rounding, and runs of zeros. */
    private static float[] values(int size, int token, Random random) {
        float[] run = new float[size];
        for (int i = 0; i < size && token % 9 > 0; i++) {
            run[i] = i % 5 == 0 ? random.nextInt(-127, 127) + 0.5f : (float) random.nextGaussian() * 40;
        }
        if (token % 2 == 1) {
            // scales of 1, so that halves are ties
            run[0] = 127;
            for (int i = 0; i < size; i++) {
                run[i] = Math.clamp(run[i], -127, 127);
            }
        }
        return run;
    }

    /** Rounds the values as the state does. */
    private static void put(MemorySegment state, TensorType type, long at, float[] run) {
        for (int i = 0; i < run.length; i++) {
            if (type == TensorType.F16) {
                short half = Float.floatToFloat16(run[i]);
                run[i] = Float.float16ToFloat(half);
                state.set(ValueLayout.JAVA_SHORT, (at + i) * Short.BYTES, half);
            } else {
                state.set(ValueLayout.JAVA_FLOAT, (at + i) * Float.BYTES, run[i]);
            }
        }
    }
}
