/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.backend.Step;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What the kernels are told about the tokens of one pass, put together on the host and copied to the device at once. Its parts lie
 * at fixed addresses, so that a recorded graph finds them again. It is put together in two places in turn: one may still be on its way
 * to the device while the next one is filled in. In front of the third somebody has waited for the first.
 */
final class Batch {

    private static final int SPLITS = 32;
    /** All tokens of a step together have no more splits than a single one. */
    private static final int SPLITS_OF_FEW = SPLITS / ForwardPass.FEW;
    private static final int SHORTEST_SPLIT = 128;

    private final MemorySegment[] sides;
    private final long device;
    private final int mostTokens;
    private final int mostSteps;
    private final int mostPages;
    private final long stepOfAt;
    private final long stepsAt;
    private final long reachAt;
    private final long stateFromAt;
    private final long stateToAt;
    private final long singlesAt;
    private final long tilesAt;
    private final long partialAt;
    private final long rowsAt;
    private final long pagesAt;

    private MemorySegment host;
    private int tokens;
    private int steps;
    private int pages;
    private int singles;
    private int singleSplits;
    private int tiles;
    private int partials;
    private int rows;

    Batch(Gpu gpu, int mostTokens, int mostSteps, int mostPages) {
        this.mostTokens = mostTokens;
        this.mostSteps = mostSteps;
        this.mostPages = mostPages;
        stepOfAt = 4L * mostTokens;
        stepsAt = align(stepOfAt + 4L * mostTokens);
        stateFromAt = stepsAt + 16L * mostSteps;
        stateToAt = stateFromAt + 8L * mostSteps;
        singlesAt = align(stateToAt + 8L * mostSteps);
        tilesAt = singlesAt + 16L * mostTokens;
        reachAt = tilesAt + 16L * mostTokens;
        partialAt = reachAt + 4L * mostSteps;
        rowsAt = partialAt + 4L * (mostTokens + 1);
        pagesAt = align(rowsAt + 4L * mostTokens);
        long bytes = pagesAt + 8L * Math.max(1, mostPages);
        sides = new MemorySegment[]{gpu.allocateHost(bytes), gpu.allocateHost(bytes)};
        host = sides[0];
        device = gpu.allocate(bytes);
    }

    private static long align(long at) {
        return (at + 15) / 16 * 16;
    }

    /** What it takes on the device, in bytes. */
    static long bytes(int tokens, int steps, int pages) {
        return 48L * tokens + 52L * steps + 8L * pages + 256;
    }

    /** Most entries of sums that attention leaves for a pass of these sizes. */
    static int mostPartials(int tokens, int steps) {
        return tokens + Math.min(tokens, steps) * (SPLITS - 1);
    }

    /** How many keys a split has: by the length and the kind of pass alone, so that results do not depend on the company. */
    private static int keysPerSplit(int length, int splits) {
        int each = (length + splits - 1) / splits;
        return Math.max(SHORTEST_SPLIT, (each + SHORTEST_SPLIT - 1) / SHORTEST_SPLIT * SHORTEST_SPLIT);
    }

    /** Whether the pages of a pass fit into the table; the executor sizes it so that they do. */
    boolean hasRoomFor(int more) {
        return pages + more <= mostPages;
    }

    /**
     * Fills this in.
     *
     * @param from steps whose sequences have room
     * @param tileTokens neighbouring tokens that a block of attention takes
     */
    void fill(List<Step> from, int tileTokens) {
        host = host.equals(sides[0]) ? sides[1] : sides[0];
        tokens = 0;
        steps = 0;
        pages = 0;
        singles = 0;
        singleSplits = 1;
        tiles = 0;
        partials = 0;
        rows = 0;
        for (Step step : from) {
            add(step, (CudaSequence) step.sequence(), tileTokens);
        }
        host.set(ValueLayout.JAVA_INT, partialAt + 4L * tokens, partials);
    }

    /**
     * Counts as if so many tokens were in this, so that what is queued for it is what would be queued for them.
     *
     * @param count of tokens
     * @param single whether each is of a sequence of its own
     */
    void outline(int count, boolean single) {
        tokens = count;
        steps = single ? count : 1;
        singles = single || count <= ForwardPass.FEW ? count : 0;
        singleSplits = 1;
        tiles = singles == 0 ? 1 : 0;
        rows = steps;
    }

    private void add(Step step, CudaSequence sequence, int tileTokens) {
        int count = step.length();
        int position = sequence.length();
        if (steps == mostSteps || tokens + count > mostTokens) {
            throw new IllegalArgumentException(
                    "A pass takes " + mostTokens + " tokens of " + mostSteps + " sequences.");
        }
        quad(stepsAt + 16L * steps, tokens, count, position, pages);
        host.set(ValueLayout.JAVA_INT, reachAt + 4L * steps, step.reach());
        host.set(ValueLayout.JAVA_LONG, stateFromAt + 8L * steps, sequence.stateNow());
        host.set(ValueLayout.JAVA_LONG, stateToAt + 8L * steps, sequence.stateNext());
        for (int i = 0; i < sequence.pageCount(); i++) {
            host.set(ValueLayout.JAVA_LONG, pagesAt + 8L * (pages + i), sequence.page(i));
        }
        pages += sequence.pageCount();
        for (int i = 0; i < count; i++) {
            host.set(ValueLayout.JAVA_INT, partialAt + 4L * (tokens + i), partials);
            partials += count <= ForwardPass.FEW ? single(i, position + i + 1, count == 1 ? SPLITS : SPLITS_OF_FEW) : 1;
        }
        for (int i = 0; i < count && count > ForwardPass.FEW; i += tileTokens) {
            quad(tilesAt + 16L * tiles++, tokens + i, Math.min(tileTokens, count - i), steps, 1 << 30);
        }
        for (int i = 0; i < count; i++) {
            host.set(ValueLayout.JAVA_INT, 4L * (tokens + i), step.token(i));
            host.set(ValueLayout.JAVA_INT, stepOfAt + 4L * (tokens + i), steps);
        }
        int wanted = step.logitRows();
        for (int i = count - wanted; i < count; i++) {
            host.set(ValueLayout.JAVA_INT, rowsAt + 4L * rows++, tokens + i);
        }
        tokens += count;
        steps++;
    }

    /**
     * A token whose keys are split.
     *
     * @param index in its step
     * @param length of the sequence with it
     * @param most splits
     * @return the splits that it has
     */
    private int single(int index, int length, int most) {
        int each = keysPerSplit(length, most);
        int splits = (length + each - 1) / each;
        quad(singlesAt + 16L * singles++, tokens + index, 1, steps, each);
        singleSplits = Math.max(singleSplits, splits);
        return splits;
    }

    private void quad(long at, int x, int y, int z, int w) {
        host.set(ValueLayout.JAVA_INT, at, x);
        host.set(ValueLayout.JAVA_INT, at + 4, y);
        host.set(ValueLayout.JAVA_INT, at + 8, z);
        host.set(ValueLayout.JAVA_INT, at + 12, w);
    }

    void upload(Gpu gpu) {
        gpu.toDevice(device, host, pagesAt + 8L * pages);
    }

    int mostTokens() {
        return mostTokens;
    }

    int mostSteps() {
        return mostSteps;
    }

    int tokens() {
        return tokens;
    }

    int steps() {
        return steps;
    }

    /** Whether each step has one token. */
    boolean hasSingleTokens() {
        return tokens == steps;
    }

    /** Tokens whose keys are split: those of steps of up to {@link ForwardPass#FEW}. */
    int singles() {
        return singles;
    }

    /** Splits of the longest of them, rounded up so that few graphs serve all. */
    int singleSplits() {
        return singleSplits <= 1 ? 1 : Integer.highestOneBit(singleSplits - 1) * 2;
    }

    /** Blocks for the tokens of other steps. */
    int tiles() {
        return tiles;
    }

    int rows() {
        return rows;
    }

    long tokensAddress() {
        return device;
    }

    long stepOfAddress() {
        return device + stepOfAt;
    }

    long stepsAddress() {
        return device + stepsAt;
    }

    long reachAddress() {
        return device + reachAt;
    }

    long stateFromAddress() {
        return device + stateFromAt;
    }

    long stateToAddress() {
        return device + stateToAt;
    }

    long singlesAddress() {
        return device + singlesAt;
    }

    long tilesAddress() {
        return device + tilesAt;
    }

    long partialAddress() {
        return device + partialAt;
    }

    long rowsAddress(int first) {
        return device + rowsAt + 4L * first;
    }

    long pagesAddress() {
        return device + pagesAt;
    }
}
