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

    private final SequenceOwner owner;
    private final Blueprint blueprint;
    private final KvGroups groups;
    /**
     * Tokens by which a sequence with convolutions or windows can be cut back. Drafts of speculative decoding are mostly no longer. For the
     * 8B each token of it costs 147 KB per sequence, since a layer keeps one more column of 2 048 floats for it; so pages have no
     * checkpoints of their own, which would take as much as three quarters of their keys and values.
     */
    public static final int ROLLBACK = 8;

    /**
     * For each layer a ring of {@code [column][channel]}, in which the column of a position lies at the position modulo their
     * number; empty where a layer has none. Besides the columns that the next token needs it holds {@link #ROLLBACK} older ones.
     */
    private final float[][] columns;
    private final boolean convolutions;
    /** The least length, other than 0, that the convolutions can be cut back to. */
    private int floor;
    /** One for each group. */
    private final KvPages[] pages;
    private int[] tokens = {};
    private int length;
    private boolean closed;
    private boolean failed;

    public CpuSequence(SequenceOwner owner, Blueprint blueprint, KvGroups groups) {
        this.owner = owner;
        this.blueprint = blueprint;
        this.groups = groups;
        pages = new KvPages[groups.groups().size()];
        for (int g = 0; g < pages.length; g++) {
            pages[g] = new KvPages(groups.groups().get(g), owner.pages());
        }
        columns = new float[blueprint.layers().size()][];
        boolean any = false;
        for (int i = 0; i < columns.length; i++) {
            int kept = blueprint.layers().get(i).mixer() instanceof Blueprint.ShortConv c ? c.width() - 1 : 0;
            columns[i] = new float[kept == 0 ? 0 : (kept + ROLLBACK) * blueprint.hiddenSize()];
            any |= kept > 0;
        }
        convolutions = any;
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

    /** A page by its number; not one that has been let go. */
    public KvPage page(int group, int number) {
        return pages[group].get(number);
    }

    /**
     * Makes room for more tokens.
     *
     * @throws OutOfMemoryError if there is none; the sequence is as it was
     */
    public void reserve(int more) {
        try {
            if (length + more > tokens.length) {
                tokens = Arrays.copyOf(tokens, Math.max(length + more, Math.min(2 * tokens.length, 1 << 24)));
            }
            for (KvPages group : pages) {
                group.reserve(length, more);
            }
        } catch (OutOfMemoryError e) {
            cut(length);
            throw e;
        }
    }

    int columnsFloor() {
        return floor;
    }

    /** Forgets the last tokens, which were not computed; the columns are those of before already. */
    void goBack(int kept, int columnsFloor) {
        length = kept;
        floor = columnsFloor;
        cut(kept);
    }

    private void cut(int kept) {
        for (KvPages group : pages) {
            group.cut(kept);
        }
    }

    /** Lets go of what no token sees any more; the tokens so far have been computed. */
    public void letGo() {
        for (KvPages group : pages) {
            group.letGo(length);
        }
    }

    /** Takes note of a token whose keys, values and columns have been computed or soon are. */
    public void append(int token) {
        tokens[length++] = token;
        if (convolutions) {
            floor = Math.max(floor, length - ROLLBACK);
        }
    }

    @Override
    public Sequence fork() {
        check();
        CpuSequence fork = new CpuSequence(owner, blueprint, groups);
        for (int g = 0; g < pages.length; g++) {
            fork.pages[g] = pages[g].fork();
        }
        fork.tokens = Arrays.copyOf(tokens, length);
        fork.length = length;
        fork.floor = floor;
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
        if (kept != 0 && kept < floor()) {
            return false; // columns, or keys and values in a window, are not known any more
        }
        if (kept == 0) {
            floor = 0;
            for (float[] columnsOfLayer : columns) {
                Arrays.fill(columnsOfLayer, 0);
            }
        }
        length = kept;
        cut(kept);
        return true;
    }

    private int floor() {
        int most = floor;
        for (KvPages group : pages) {
            most = Math.max(most, group.floor());
        }
        return most;
    }

    @Override
    public SequenceState export() {
        check();
        // values of 8 bits times a scale do not fit in float16
        TensorType type = groups.type() == KvType.F16 ? TensorType.F16 : TensorType.F32;
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
        for (int i = 0; i < columns.length; i++) {
            if (state.layers().get(i) instanceof SequenceState.KeyValues kv) {
                pages[groups.group(i)].begin(read.length - kv.tokens());
            }
        }
        reserve(read.length);
        System.arraycopy(read, 0, tokens, 0, read.length);
        length = read.length;
        exchange(state, false);
    }

    private void exchange(SequenceState state, boolean out) {
        for (int i = 0; i < columns.length; i++) {
            switch (state.layers().get(i)) {
                case SequenceState.KeyValues kv -> exchange(pages[groups.group(i)], groups.layer(i), kv, out);
                case SequenceState.ConvColumns c -> exchange(columns[i], c, out);
            }
        }
    }

    /** Copies the keys and values of the tokens that a state holds: all, or the last ones of a layer with a window. */
    private void exchange(KvPages from, KvLayout.Layer layer, SequenceState.KeyValues kv, boolean out) {
        int count = kv.tokens();
        int oldest = length - count;
        KvBlock block = new KvBlock(layer);
        for (int head = 0; head < layer.heads(); head++) {
            for (int t = 0, many; t < count; t += many) {
                long at = ((long) head * count + t) * layer.headSize();
                KvPage page = from.get((oldest + t) / KvLayout.PAGE);
                int token = (oldest + t) % KvLayout.PAGE;
                many = Math.min(count - t, KvLayout.PAGE - token);
                if (out) {
                    block.outOfKeys(page, head, token, many, kv.keys(), kv.type(), at);
                    block.outOfValues(page, head, token, many, kv.values(), kv.type(), at);
                } else {
                    block.intoKeys(page, head, token, many, kv.keys(), kv.type(), at);
                    block.intoValues(page, head, token, many, kv.values(), kv.type(), at);
                }
            }
        }
    }

    private void exchange(float[] ring, SequenceState.ConvColumns state, boolean out) {
        int channels = state.channels();
        int many = state.columns();
        float[] all = new float[channels * many];
        if (!out) {
            MemorySegment.copy(state.data(), STATE_FLOAT, 0, all, 0, all.length);
        }
        for (int column = 0; column < many; column++) {
            int position = length - many + column;
            int index = Math.floorMod(position, ring.length / channels) * channels;
            for (int channel = 0; channel < channels; channel++) {
                if (out) {
                    all[channel * many + column] = ring[index + channel];
                } else {
                    ring[index + channel] = all[channel * many + column];
                }
            }
        }
        if (out) {
            MemorySegment.copy(all, 0, state.data(), STATE_FLOAT, 0, all.length);
        } else if (many > 0) {
            floor = length;
        }
    }

    /** Frees the pages, or gives up the hold on those that a fork still uses. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            owner.forget(this);
            cut(0);
        }
    }
}
