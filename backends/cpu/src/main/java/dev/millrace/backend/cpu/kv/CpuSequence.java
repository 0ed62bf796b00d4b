/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** What a sequence keeps: its tokens, pages of keys and values shared with its forks, and columns of the convolutions. */
public final class CpuSequence implements Sequence {

    private static final ValueLayout.OfFloat STATE_FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort STATE_HALF = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final SequenceOwner owner;
    private final Blueprint blueprint;
    private final KvLayout layout;
    /** For each layer, {@code [column][channel]}, oldest first; empty where a layer has none. */
    private final float[][] columns;
    private KvPage[] pages = {};
    private int pageCount;
    private int[] tokens = {};
    private int length;
    private boolean closed;
    private boolean failed;

    public CpuSequence(SequenceOwner owner, Blueprint blueprint, KvLayout layout) {
        this.owner = owner;
        this.blueprint = blueprint;
        this.layout = layout;
        columns = new float[blueprint.layers().size()][];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = blueprint.layers().get(i).mixer() instanceof Blueprint.ShortConv c
                    ? new float[(c.width() - 1) * blueprint.hiddenSize()]
                    : new float[0];
        }
    }

    /** Whether somebody owns it. */
    @SuppressWarnings("ReferenceEquality") // an owner is itself alone
    public boolean belongsTo(SequenceOwner other) {
        return owner == other;
    }

    /** Refuses use after close or failure. */
    public void check() {
        owner.check();
        if (closed) {
            throw new IllegalStateException("This sequence is closed.");
        }
        if (failed) {
            throw new IllegalStateException(
                    "This sequence cannot be used any more, because computing it failed; start a new one.");
        }
    }

    public void fail() {
        failed = true;
    }

    @Override
    public int length() {
        return length;
    }

    public float[] columns(int layer) {
        return columns[layer];
    }

    public KvPage page(int index) {
        return pages[index];
    }

    /** Makes room for more tokens; changes nothing that can be seen, so that failing leaves the sequence usable. */
    public void reserve(int more) {
        int needed = KvLayout.pages(length + more);
        if (needed > pages.length) {
            pages = Arrays.copyOf(pages, Math.max(needed, Math.min(2 * pages.length, 1 << 20)));
        }
        if (length % KvLayout.PAGE != 0 && pages[pageCount - 1].shared()) {
            pages[pageCount - 1] = pages[pageCount - 1].separate(layout);
        }
        while (pageCount < needed) {
            pages[pageCount] = new KvPage(layout);
            pageCount++;
        }
        if (length + more > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length + more, 2 * tokens.length));
        }
    }

    /** Takes note of a token whose keys, values and columns have been computed or soon are. */
    public void append(int token) {
        tokens[length++] = token;
    }

    @Override
    public Sequence fork() {
        check();
        CpuSequence fork = new CpuSequence(owner, blueprint, layout);
        int used = KvLayout.pages(length);
        fork.pages = new KvPage[used];
        for (int i = 0; i < used; i++) {
            fork.pages[i] = pages[i].hold();
        }
        fork.pageCount = used;
        fork.tokens = Arrays.copyOf(tokens, length);
        fork.length = length;
        for (int i = 0; i < columns.length; i++) {
            System.arraycopy(columns[i], 0, fork.columns[i], 0, columns[i].length);
        }
        owner.adopt(fork);
        return fork;
    }

    @Override
    public boolean truncate(int kept) {
        check();
        if (kept < 0 || kept > length) {
            throw new IndexOutOfBoundsException("The sequence has " + length + " tokens; it cannot keep " + kept + ".");
        }
        boolean remembers = false;
        for (float[] columnsOfLayer : columns) {
            remembers |= columnsOfLayer.length > 0;
        }
        if (kept != length && kept != 0 && remembers) {
            return false; // the columns of the convolutions before are gone
        }
        for (float[] columnsOfLayer : columns) {
            if (kept == 0) {
                Arrays.fill(columnsOfLayer, 0);
            }
        }
        length = kept;
        int needed = KvLayout.pages(length);
        while (pageCount > needed) {
            pages[--pageCount].release();
        }
        return true;
    }

    @Override
    public SequenceState export() {
        check();
        // values of 8 bits times a scale do not fit in float16
        TensorType type = layout.type() == KvType.F16 ? TensorType.F16 : TensorType.F32;
        SequenceState state = SequenceState.allocate(blueprint, Arrays.copyOf(tokens, length), type);
        try {
            exchange(state, true);
        } catch (RuntimeException | Error e) {
            state.close();
            throw e;
        }
        return state;
    }

    /** Takes over a state; this sequence is empty before. */
    public void fill(SequenceState state) {
        int[] read = state.tokens();
        reserve(read.length);
        exchange(state, false);
        System.arraycopy(read, 0, tokens, 0, read.length);
        length = read.length;
    }

    private void exchange(SequenceState state, boolean out) {
        for (int i = 0; i < columns.length; i++) {
            switch (state.layers().get(i)) {
                case SequenceState.KeyValues kv -> exchange(layout.layers().get(i), kv, out);
                case SequenceState.ConvColumns c -> exchange(columns[i], c, out);
            }
        }
    }

    private void exchange(KvLayout.Layer layer, SequenceState.KeyValues kv, boolean out) {
        int count = kv.tokens();
        int size = layer.headSize();
        float[] run = new float[size];
        for (int head = 0; head < layer.heads(); head++) {
            for (int t = 0; t < count; t++) {
                long at = ((long) head * count + t) * size;
                KvPage page = pages[t / KvLayout.PAGE];
                int slot = t % KvLayout.PAGE;
                if (out) {
                    page.readKey(layer, head, slot, run, 0);
                    put(kv.keys(), kv.type(), at, run);
                    page.readValue(layer, head, slot, run, 0);
                    put(kv.values(), kv.type(), at, run);
                } else {
                    get(kv.keys(), kv.type(), at, run);
                    page.writeKey(layer, head, slot, run, 0);
                    get(kv.values(), kv.type(), at, run);
                    page.writeValue(layer, head, slot, run, 0);
                }
            }
        }
    }

    private static void put(MemorySegment to, TensorType type, long at, float[] run) {
        for (int i = 0; i < run.length; i++) {
            if (type == TensorType.F16) {
                to.set(STATE_HALF, (at + i) * 2, Float.floatToFloat16(run[i]));
            } else {
                to.set(STATE_FLOAT, (at + i) * 4, run[i]);
            }
        }
    }

    private static void get(MemorySegment from, TensorType type, long at, float[] run) {
        for (int i = 0; i < run.length; i++) {
            run[i] = type == TensorType.F16
                    ? Float.float16ToFloat(from.get(STATE_HALF, (at + i) * 2))
                    : from.get(STATE_FLOAT, (at + i) * 4);
        }
    }

    private static void exchange(float[] columns, SequenceState.ConvColumns state, boolean out) {
        for (int channel = 0; channel < state.channels(); channel++) {
            for (int column = 0; column < state.columns(); column++) {
                long at = ((long) channel * state.columns() + column) * 4;
                int index = column * state.channels() + channel;
                if (out) {
                    state.data().set(STATE_FLOAT, at, columns[index]);
                } else {
                    columns[index] = state.data().get(STATE_FLOAT, at);
                }
            }
        }
    }

    /** Frees the pages, or gives up the hold on those that a fork still uses. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            owner.forget(this);
            for (int i = 0; i < pageCount; i++) {
                pages[i].release();
            }
            pageCount = 0;
            pages = new KvPage[0];
        }
    }
}
