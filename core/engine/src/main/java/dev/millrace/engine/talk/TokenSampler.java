/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Sampling;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.TokenHistory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Chooses tokens from logits: the stages in their order (repetition penalty, temperature and those of plugins), then top k,
 * top p, min p and a draw, with the meaning of Hugging Face transformers. Allocates nothing per token. Serves one prompt, on one
 * thread.
 *
 * <p>
 * The draw depends on the seed and the position alone, so that a conversation that was forked, saved or moved goes on with the
 * same choices.
 */
final class TokenSampler {

    private static final int PENALTY_ORDER = 0;
    private static final int TEMPERATURE_ORDER = 100;

    private final Sampling sampling;
    private final long seed;
    private final SamplerStage[] stages;
    private final int[] ids;
    private final float[] weights;

    /**
     * A sampler for one prompt.
     *
     * @param sampling what to do
     * @param seed of the draws
     * @param vocabularySize logits in a row
     * @param plugins further stages, which stay the conversation's
     */
    TokenSampler(Sampling sampling, long seed, int vocabularySize, Stages plugins) {
        this.sampling = sampling;
        this.seed = seed;
        this.ids = new int[vocabularySize];
        this.weights = new float[vocabularySize];
        List<Stages.Placed> ordered = new ArrayList<>();
        if (sampling.repetitionPenalty() != 1) {
            ordered.add(new Stages.Placed(PENALTY_ORDER, new RepetitionPenalty(sampling.repetitionPenalty())));
        }
        if (sampling.temperature() > 0 && sampling.temperature() != 1) {
            ordered.add(new Stages.Placed(TEMPERATURE_ORDER, temperature(sampling.temperature())));
        }
        ordered.addAll(plugins.placed());
        ordered.sort(Comparator.comparingInt(Stages.Placed::order));
        this.stages = ordered.stream().map(Stages.Placed::stage).toArray(SamplerStage[]::new);
    }

    private static SamplerStage temperature(double temperature) {
        float scale = (float) (1 / temperature);
        return new SamplerStage() {

            @Override
            public void apply(float[] logits, TokenHistory history) {
                for (int i = 0; i < logits.length; i++) {
                    logits[i] *= scale;
                }
            }

            @Override
            public SamplerStage fork() {
                return this; // nothing in it changes
            }
        };
    }

    /**
     * Chooses.
     *
     * @param logits one value a token; changed
     * @param history tokens so far
     * @return a token id
     */
    int choose(float[] logits, TokenHistory history) {
        for (SamplerStage stage : stages) {
            stage.apply(logits, history);
        }
        return sampling.temperature() == 0 || sampling.topK() == 1
                ? argmax(logits, ids.length)
                : draw(logits, ids.length, history.length());
    }

    static int argmax(float[] logits, int size) {
        int best = 0;
        for (int i = 1; i < size; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private int draw(float[] logits, int size, int position) {
        float max = logits[argmax(logits, size)];
        int count = candidates(logits, size);
        double sum = 0;
        for (int i = 0; i < count; i++) {
            float weight = (float) Math.exp(logits[ids[i]] - max);
            weights[i] = weight;
            sum += weight;
        }
        if (sampling.topP() < 1) {
            count = nucleus(logits, count, sum);
            sum = 0;
            for (int i = 0; i < count; i++) {
                sum += weights[i];
            }
        }
        if (sampling.minP() > 0) {
            // weights are relative to the likeliest, whose weight is one
            int kept = 0;
            sum = 0;
            for (int i = 0; i < count; i++) {
                if (weights[i] >= sampling.minP()) {
                    ids[kept] = ids[i];
                    weights[kept] = weights[i];
                    sum += weights[kept++];
                }
            }
            count = kept;
        }
        double left = uniform(position) * sum;
        for (int i = 0; i < count; i++) {
            left -= weights[i];
            if (left < 0) {
                return ids[i];
            }
        }
        return ids[0];
    }

    /** Fills {@link #ids} with the top k, or with all that are possible. */
    private int candidates(float[] logits, int size) {
        int k = sampling.topK() == 0 ? size : Math.min(sampling.topK(), size);
        if (k == size) {
            int count = 0;
            for (int i = 0; i < size; i++) {
                if (logits[i] > Float.NEGATIVE_INFINITY) {
                    ids[count++] = i;
                }
            }
            return count;
        }
        // a heap of the k largest, the smallest of them on top
        int count = 0;
        for (int i = 0; i < size; i++) {
            if (logits[i] == Float.NEGATIVE_INFINITY) {
                continue;
            }
            if (count < k) {
                ids[count++] = i;
                if (count == k) {
                    for (int parent = k / 2 - 1; parent >= 0; parent--) {
                        sink(logits, parent, k, false);
                    }
                }
            } else if (logits[i] > logits[ids[0]]) {
                ids[0] = i;
                sink(logits, 0, k, false);
            }
        }
        return count;
    }

    /** Keeps the likeliest candidates that together reach top p, in falling order. */
    private int nucleus(float[] logits, int count, double sum) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, logits[ids[i]]);
        }
        for (int parent = count / 2 - 1; parent >= 0; parent--) {
            sink(logits, parent, count, true);
        }
        // taken from the top of the heap to its end, so the likeliest stand last
        double reached = 0;
        int heap = count;
        do {
            int likeliest = ids[0];
            ids[0] = ids[--heap];
            ids[heap] = likeliest;
            sink(logits, 0, heap, true);
            reached += Math.exp(logits[likeliest] - max);
        } while (heap > 0 && reached < sampling.topP() * sum);
        int kept = count - heap;
        for (int i = 0; i < kept / 2; i++) {
            int other = ids[count - 1 - i];
            ids[count - 1 - i] = ids[heap + i];
            ids[heap + i] = other;
        }
        for (int i = 0; i < kept; i++) {
            ids[i] = ids[heap + i];
            weights[i] = (float) Math.exp(logits[ids[i]] - max);
        }
        return kept;
    }

    private void sink(float[] logits, int start, int end, boolean largestFirst) {
        int parent = start;
        int id = ids[parent];
        while (true) {
            int child = 2 * parent + 1;
            if (child >= end) {
                break;
            }
            if (child + 1 < end && before(logits[ids[child + 1]], logits[ids[child]], largestFirst)) {
                child++;
            }
            if (!before(logits[ids[child]], logits[id], largestFirst)) {
                break;
            }
            ids[parent] = ids[child];
            parent = child;
        }
        if (parent < end) {
            ids[parent] = id;
        }
    }

    private static boolean before(float a, float b, boolean largestFirst) {
        return largestFirst ? a > b : a < b;
    }

    /** SplitMix64 (Steele, Lea and Flood, 2014), its counter being the position. */
    private double uniform(int position) {
        long z = seed + (position + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1.0p-53;
    }
}
