/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kv.CpuSequence;
import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Step;
import java.util.Arrays;
import java.util.function.IntFunction;

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
    final Step[] steps;
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
        steps = new Step[size];
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
        Arrays.fill(steps, 0, runs, null);
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
        steps[runs] = step;
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

    /** Whether nobody wants its tokens any more. */
    boolean isWithdrawn() {
        for (int run = 0; run < runs; run++) {
            if (!steps[run].isWithdrawn()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Fails the steps of sequences in which something is no finite number: what comes of it would look like an answer.
     *
     * @param faults for each token the part that went wrong first, or a number that is larger than all
     * @param parts tells what a part is
     */
    void tellFaults(int[] faults, IntFunction<String> parts) {
        for (int run = 0; run < runs; run++) {
            int first = Integer.MAX_VALUE;
            for (int t = this.first[run]; t < this.first[run] + length[run]; t++) {
                first = Math.min(first, faults[t]);
            }
            if (first < Integer.MAX_VALUE && !steps[run].failed()) {
                sequences[run].fail();
                steps[run].fail(new BackendException("The model computes what is no number: it begins in "
                        + parts.apply(first) + ". Its weights are damaged, so fetch the file again; or this backend"
                        + " computes wrongly, so try another one."));
            }
        }
    }
}
