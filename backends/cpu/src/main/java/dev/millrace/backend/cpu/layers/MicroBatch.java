/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kv.CpuSequence;
import dev.millrace.spi.backend.Step;
import java.util.Arrays;

/** The tokens of one pass through the layers: runs of tokens of several sequences. Filled again for every pass. */
public final class MicroBatch {

    /** Tokens that one pass takes at most: enough to share decoded weights among, few enough for the cache and the heap. */
    public static final int MOST = 512;

    final int[] tokens;
    final int[] positions;
    final CpuSequence[] owners;
    int count;

    /** Runs: which sequence, where its tokens begin in this micro-batch, and how many they are. */
    final CpuSequence[] sequences;
    final int[] first;
    final int[] length;
    /** How long each sequence will become, as far as known. */
    final int[] reach;
    int runs;

    /** Tokens whose logits are wanted: which they are, and where the logits go. */
    final int[] wanted;
    final Rows logits = new Rows();
    int wantedCount;

    public MicroBatch(int size) {
        tokens = new int[size];
        positions = new int[size];
        owners = new CpuSequence[size];
        sequences = new CpuSequence[size];
        first = new int[size];
        length = new int[size];
        reach = new int[size];
        wanted = new int[size];
        logits.reserve(size);
    }

    /** Room left. */
    public int room() {
        return tokens.length - count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public void clear() {
        Arrays.fill(owners, 0, count, null);
        Arrays.fill(sequences, 0, runs, null);
        logits.clear(wantedCount);
        count = 0;
        runs = 0;
        wantedCount = 0;
    }

    /**
     * Adds a run of tokens of a step; there must be room.
     *
     * @param far how long the sequence will become, as far as known
     */
    public void add(Step step, CpuSequence sequence, int from, int to, int far, int vocabularySize) {
        sequences[runs] = sequence;
        first[runs] = count;
        length[runs] = to - from;
        reach[runs] = far;
        runs++;
        for (int i = from; i < to; i++) {
            owners[count] = sequence;
            positions[count] = sequence.length();
            tokens[count] = step.token(i);
            sequence.append(step.token(i));
            boolean last = i == step.length() - 1;
            if (step.wanted() == Step.Logits.ALL || (last && step.logitRows() == 1)) {
                int row = step.wanted() == Step.Logits.ALL ? i : 0;
                wanted[wantedCount] = count;
                logits.set(wantedCount, step.logits(), row * vocabularySize);
                wantedCount++;
            }
            count++;
        }
    }
}
