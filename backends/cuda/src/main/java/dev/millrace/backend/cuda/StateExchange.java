/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.KeyValueType;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Moves what a sequence keeps between the device's pages and the neutral state. */
final class StateExchange {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Gpu gpu;
    private final Blueprint blueprint;
    private final KvLayout layout;

    StateExchange(Gpu gpu, Blueprint blueprint, KvLayout layout) {
        this.gpu = gpu;
        this.blueprint = blueprint;
        this.layout = layout;
    }

    SequenceState export(CudaSequence sequence, int[] tokens) {
        // values of 8 bits times a scale do not fit in float16
        SequenceState state = SequenceState.allocate(blueprint, tokens,
                layout.type() == KeyValueType.F16 ? TensorType.F16 : TensorType.F32);
        boolean done = false;
        try (Arena arena = Arena.ofConfined()) {
            exchange(sequence, state, arena, true);
            done = true;
        } finally {
            if (!done) {
                state.close();
            }
        }
        return state;
    }

    void fill(CudaSequence sequence, SequenceState state) {
        try (Arena arena = Arena.ofConfined()) {
            exchange(sequence, state, arena, false);
        }
    }

    private void exchange(CudaSequence sequence, SequenceState state, Arena arena, boolean out) {
        if (layout.stateBytes() > 0) {
            MemorySegment columns = arena.allocate(layout.stateBytes(), 16);
            if (out) {
                gpu.toHost(columns, sequence.stateNow(), layout.stateBytes());
                gpu.await();
            }
            for (int i = 0; i < state.layers().size(); i++) {
                if (state.layers().get(i) instanceof SequenceState.ConvColumns c) {
                    columns(columns.asSlice(layout.offset(i)), c, out);
                }
            }
            if (!out) {
                gpu.toDevice(sequence.stateNow(), columns, layout.stateBytes());
                gpu.await();
            }
        }
        if (layout.pageBytes() > 0) {
            MemorySegment page = arena.allocate(layout.pageBytes(), 16);
            for (int p = 0; p < KvLayout.pages(state.length()); p++) {
                if (out) {
                    gpu.toHost(page, sequence.page(p), layout.pageBytes());
                    gpu.await();
                } else {
                    page.fill((byte) 0);
                }
                for (int i = 0; i < state.layers().size(); i++) {
                    if (state.layers().get(i) instanceof SequenceState.KeyValues kv) {
                        keyValues(page.asSlice(layout.offset(i)), p, state.length(), kv, out);
                    }
                }
                if (!out) {
                    gpu.toDevice(sequence.page(p), page, layout.pageBytes());
                    gpu.await();
                }
            }
        }
    }

    private static void columns(MemorySegment mine, SequenceState.ConvColumns state, boolean out) {
        for (int channel = 0; channel < state.channels(); channel++) {
            for (int column = 0; column < state.columns(); column++) {
                long there = ((long) channel * state.columns() + column) * 4;
                long here = ((long) column * state.channels() + channel) * 4;
                if (out) {
                    state.data().set(FLOAT, there, mine.get(FLOAT, here));
                } else {
                    mine.set(FLOAT, here, state.data().get(FLOAT, there));
                }
            }
        }
    }

    private void keyValues(MemorySegment layer, int page, int length, SequenceState.KeyValues state, boolean out) {
        int size = state.shape().headSize();
        int forgotten = length - state.tokens();
        int to = Math.min(length, (page + 1) * KvLayout.PAGE);
        for (int head = 0; head < state.shape().heads(); head++) {
            MemorySegment mine = layer.asSlice(head * KvLayout.headBytes(layout.type(), size),
                    KvLayout.headBytes(layout.type(), size));
            for (int t = Math.max(page * KvLayout.PAGE, forgotten); t < to; t++) {
                long there = ((long) head * state.tokens() + t - forgotten) * size;
                row(mine, t % KvLayout.PAGE, size, state.keys(), state.type(), there, out);
                row(mine, KvLayout.PAGE + t % KvLayout.PAGE, size, state.values(), state.type(), there, out);
            }
        }
    }

    /** A key or a value of a head: the slot-th row of its part of the page. */
    private void row(MemorySegment mine, int slot, int size, MemorySegment theirs, TensorType type, long at,
            boolean out) {
        long row = (long) slot * size * KvLayout.valueBytes(layout.type());
        long scaleAt = 2L * KvLayout.PAGE * size + 4L * slot;
        if (out) {
            float scale = layout.type() == KeyValueType.Q8 ? mine.get(FLOAT, scaleAt) : 1;
            for (int i = 0; i < size; i++) {
                switch (layout.type()) {
                    case F16 -> theirs.set(HALF, (at + i) * 2, mine.get(HALF, row + 2L * i));
                    case Q8 -> theirs.set(FLOAT, (at + i) * 4,
                            scale * mine.get(ValueLayout.JAVA_BYTE, row + i));
                    default -> theirs.set(FLOAT, (at + i) * 4, mine.get(FLOAT, row + 4L * i));
                }
            }
            return;
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = type == TensorType.F16
                    ? Float.float16ToFloat(theirs.get(HALF, (at + i) * 2))
                    : theirs.get(FLOAT, (at + i) * 4);
        }
        float scale = layout.type() == KeyValueType.Q8 ? scale(values) : 1;
        if (layout.type() == KeyValueType.Q8) {
            mine.set(FLOAT, scaleAt, scale);
        }
        for (int i = 0; i < size; i++) {
            switch (layout.type()) {
                case F16 -> mine.set(HALF, row + 2L * i, Float.floatToFloat16(values[i]));
                case Q8 -> mine.set(ValueLayout.JAVA_BYTE, row + i, code(values[i], scale));
                default -> mine.set(FLOAT, row + 4L * i, values[i]);
            }
        }
    }

    private static byte code(float value, float scale) {
        return (byte) (scale > 0 ? Math.clamp(Math.round((double) value / scale), -127, 127) : 0);
    }

    /**
     * The scale that values of 8 bits came from, where they did: the largest divided by 127 may miss it by the last bit, and then
     * the state would not come back as it was.
     */
    private static float scale(float[] values) {
        float most = 0;
        for (float value : values) {
            most = Math.max(most, Math.abs(value));
        }
        float guess = most / 127;
        for (float candidate : new float[]{guess, Math.nextUp(guess), Math.nextDown(guess)}) {
            boolean same = candidate > 0;
            for (float value : values) {
                same &= candidate * code(value, candidate) == value;
            }
            if (same) {
                return candidate;
            }
        }
        return guess;
    }
}
