/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.backend.Best;
import dev.millrace.spi.backend.Step;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Chooses the largest logits of rows on the device, after penalties and masks, so that the rows need not leave it. */
final class Choice {

    /** As in best.cu. */
    static final int MOST = 128;
    static final int CHUNK = 1024;
    static final int MOST_CHUNKS = 4096;

    private final Gpu gpu;
    private final int vocabulary;
    private final int chunks;
    private final Mirror requests;
    private final Mirror penalties;
    private final Mirror changes;
    private final Mirror masks;
    /** Of each row how many were found and the sum of all, then the best of each row. */
    private final Mirror results;
    private final long found;
    private final long sums;
    private int rows;
    /** So many requests lie on the device as they were given last. */
    private int known;

    Choice(Gpu gpu, int vocabulary, int rows) {
        this.gpu = gpu;
        this.vocabulary = vocabulary;
        chunks = chunks(vocabulary);
        requests = new Mirror(gpu, 8L * rows);
        penalties = new Mirror(gpu, 8L * rows);
        changes = new Mirror(gpu, 8L * rows);
        masks = new Mirror(gpu, 64);
        results = new Mirror(gpu, 8L * (1 + MOST) * rows);
        found = gpu.allocate(8L * MOST * chunks * rows);
        sums = gpu.allocate(8L * chunks * rows);
    }

    static int chunks(int vocabulary) {
        return (vocabulary + CHUNK - 1) / CHUNK;
    }

    static long bytes(int vocabulary, int rows) {
        return rows * (8L * MOST * (chunks(vocabulary) + 1) + 8L * chunks(vocabulary) + 32);
    }

    /** Whether rows are not too long for this. */
    boolean isPossible() {
        return chunks <= MOST_CHUNKS;
    }

    /** Whether a step's request can be met here. */
    boolean takes(Step step) {
        return step.wanted() == Step.Logits.BEST && step.best().count() <= MOST && isPossible();
    }

    /** The likeliest token of a row after the last {@link #queue}, which has been waited for; less than 0 if there is none or nobody looked for it. */
    int likeliest(int row) {
        return results.integer(2L * row) == 0 ? -1 : results.integer(best(row, 0));
    }

    /** Where the result of a row has its k-th best, counted in values of four bytes. */
    private long best(int row, int k) {
        return 2L * (rows + (long) row * MOST + k);
    }

    private long bestAddress() {
        return results.device() + 8L * rows;
    }

    /** @return whether that is new */
    private boolean request(int row, int count, int mask) {
        boolean isNew = requests.integer(2L * row) != count || requests.integer(2L * row + 1) != mask;
        requests.integer(2L * row, count);
        requests.integer(2L * row + 1, mask);
        return isNew;
    }

    /**
     * Queues choosing.
     *
     * @param logits address of the rows
     * @param steps one for each row, some of them not to be chosen for
     * @param all whether the likeliest token is to be known of these, too
     */
    void queue(long logits, List<Step> steps, boolean all) {
        rows = steps.size();
        int penalised = 0;
        int words = 0;
        int width = (vocabulary + 63) / 64;
        for (Step step : steps) {
            if (takes(step)) {
                penalised += step.best().penalties();
                words += step.best().allowed() == null ? 0 : width;
            }
        }
        penalties.reserve(8L * penalised);
        changes.reserve(8L * penalised);
        masks.reserve(8L * words);
        penalised = 0;
        words = 0;
        boolean changed = rows > known;
        for (int i = 0; i < rows; i++) {
            Step step = steps.get(i);
            boolean here = takes(step);
            Best asked = step.best();
            long[] allowed = here ? asked.allowed() : null;
            changed |= request(i, here ? asked.count() : all ? 1 : 0, allowed == null ? -1 : 2 * words);
            if (allowed != null) {
                MemorySegment.copy(allowed, 0, masks.host(), ValueLayout.JAVA_LONG, 8L * words, width);
                words += width;
            }
            for (int p = 0; here && p < asked.penalties(); p++) {
                penalties.integer(2L * penalised, i);
                penalties.integer(2L * penalised + 1, asked.penalised(p));
                changes.real(2L * penalised, asked.factor(p));
                changes.real(2L * penalised + 1, asked.offset(p));
                penalised++;
            }
        }
        if (changed) {
            known = 0;
            requests.toDevice(8L * rows);
            known = rows;
        }
        if (penalised > 0) {
            penalties.toDevice(8L * penalised);
            changes.toDevice(8L * penalised);
            penalise(logits, penalised);
        }
        masks.toDevice(8L * words);
        choose(logits);
        results.toHost(8L * (1 + MOST) * rows);
    }

    /** Loads its kernels. */
    void load(Batch batch) {
        gpu.load(() -> {
            penalise(0, 1);
            choose(0);
            readLikeliest(batch);
        });
    }

    private void penalise(long logits, int count) {
        gpu.arguments().pointer(logits).integer(vocabulary).align(8).pointer(penalties.device())
                .pointer(changes.device()).integer(count);
        gpu.launch("penalise", (count + 127) / 128, 1, 1, 128);
    }

    private void choose(long logits) {
        gpu.arguments().pointer(logits).integer(vocabulary).pointer(requests.device()).pointer(masks.device())
                .pointer(found).pointer(sums);
        gpu.launch("best_of_chunks", chunks, rows, 1, 256);
        gpu.arguments().pointer(found).pointer(sums).integer(chunks).pointer(requests.device())
                .pointer(bestAddress()).pointer(results.device());
        gpu.launch("best_of_rows", rows, 1, 1, 256);
    }

    /** Queues that the likeliest token of each row becomes the row's token in a batch. */
    void readLikeliest(Batch batch) {
        gpu.arguments().pointer(bestAddress()).pointer(results.device()).pointer(batch.tokensAddress())
                .integer(batch.steps());
        gpu.launch("read_likeliest", (batch.steps() + 127) / 128, 1, 1, 128);
    }

    /** Hands out what was chosen; it has been waited for. */
    void give(List<Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            if (takes(steps.get(i))) {
                Best asked = steps.get(i).best();
                int many = results.integer(2L * i);
                for (int k = 0; k < many; k++) {
                    asked.put(k, results.integer(best(i, k)), results.real(best(i, k) + 1));
                }
                asked.found(many, results.real(2L * i + 1));
            }
        }
    }
}
