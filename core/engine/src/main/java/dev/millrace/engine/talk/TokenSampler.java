/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.BackendException;
import dev.millrace.api.Sampling;
import dev.millrace.engine.schedule.Wish;
import dev.millrace.spi.backend.Best;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.TokenHistory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses tokens from logits: the stages in their order (repetition penalty, temperature and those of plugins), then top k,
 * top p, min p and a draw, with the meaning of Hugging Face transformers. Allocates nothing per token. Serves one prompt, on one
 * thread at a time.
 *
 * <p>
 * It wishes for no more than it needs: the largest logits alone, unless a plugin's stage or a draw from all tokens has to see
 * the whole row. The draw depends on the seed and the position alone, so that a conversation that was forked, saved or moved
 * goes on with the same choices.
 */
final class TokenSampler implements Wish {

    /** More of the largest logits than this are found sooner in the whole row. */
    private static final int MOST_BEST = 256;
    /** At a lower temperature no difference between two logits is small enough to matter: the likeliest token is taken. */
    private static final double COLDEST = 1e-30;
    private static final int TEMPERATURE_ORDER = 100;

    private final Sampling sampling;
    private final long seed;
    private final int vocabularySize;
    private final boolean greedy;
    private final @Nullable RepetitionPenalty penalty;
    private final List<SamplerStage> early;
    private final List<SamplerStage> middle;
    private final List<SamplerStage> late;
    private final List<SamplerStage> bounds;
    /** What may be chosen next, or null for all; several bounds are laid together in an array of our own. */
    private long @Nullable [] allowed;
    private final long[] meet;
    private final double temperature;
    /** How many of the largest logits are enough, or 0 if all are needed. */
    private final int count;
    private final Best best;
    private int[] ids = {};
    private double[] weights;

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
        this.vocabularySize = vocabularySize;
        this.greedy = sampling.temperature() < COLDEST || sampling.topK() == 1;
        this.penalty = sampling.repetitionPenalty() == 1 ? null : new RepetitionPenalty(sampling.repetitionPenalty());
        this.early = plugins.between(Integer.MIN_VALUE, 0);
        this.middle = plugins.between(0, TEMPERATURE_ORDER);
        this.late = plugins.between(TEMPERATURE_ORDER, Integer.MAX_VALUE);
        this.bounds = plugins.bounds();
        this.meet = new long[bounds.size() > 1 ? (vocabularySize + 63) / 64 : 0];
        this.temperature = greedy ? 1 : sampling.temperature();
        if (greedy) {
            this.count = 1;
        } else {
            this.count = sampling.topK() <= MOST_BEST ? sampling.topK() : 0;
        }
        this.best = new Best(vocabularySize).count(Math.max(1, count));
        this.weights = new double[Math.max(1, count)];
    }

    // ---- before the logits are computed

    /** Takes in what has come. Called before each token is read. */
    TokenSampler after(TokenHistory history) {
        if (penalty != null) {
            penalty.note(history);
        }
        allowed = null;
        for (SamplerStage stage : bounds) {
            allow(stage.allowed(history));
        }
        return this;
    }

    /** Takes in another bound. What a stage has handed out stays as it is. */
    private void allow(long @Nullable [] more) {
        if (more == null || allowed == null) {
            allowed = more == null ? allowed : more;
            return;
        }
        for (int i = 0; i < more.length; i++) {
            meet[i] = allowed[i] & more[i];
        }
        allowed = meet;
    }

    @Override
    public Step.Logits wanted() {
        return count > 0 && early.isEmpty() && middle.isEmpty() && late.isEmpty()
                ? Step.Logits.BEST
                : Step.Logits.LAST;
    }

    @Override
    public void ask(Best asked) {
        asked.count(count).allow(allowed);
        if (penalty != null) {
            penalty.ask(asked);
        }
    }

    // ---- and after

    /**
     * Chooses.
     *
     * @param step with what was wished for
     * @param history tokens so far
     * @return a token id
     * @throws BackendException if the logits are of no use
     */
    int choose(Step step, TokenHistory history) {
        return step.wanted() == Step.Logits.BEST
                ? pick(step.best(), temperature, history.length())
                : choose(step.logits(), history);
    }

    /** Chooses from a row, which is changed. */
    int choose(float[] row, TokenHistory history) {
        forbid(row);
        early.forEach(stage -> stage.apply(row, history));
        if (penalty != null) {
            after(history);
            penalty.apply(row);
        }
        middle.forEach(stage -> stage.apply(row, history));
        double left = temperature;
        if (!late.isEmpty()) {
            // these see what temperature has made
            for (int i = 0; i < vocabularySize; i++) {
                row[i] = (float) (row[i] / temperature);
            }
            left = 1;
            late.forEach(stage -> stage.apply(row, history));
        }
        if (count > 0) {
            best.choose(row);
            return pick(best, left, history.length());
        }
        return draw(row, left, history.length());
    }

    private void forbid(float[] row) {
        long[] mask = allowed;
        for (int i = 0; mask != null && i < vocabularySize; i++) {
            if ((mask[i >> 6] & 1L << i) == 0) {
                row[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** Chooses from the largest. */
    private int pick(Best from, double divisor, int position) {
        check(from.isSound(), from.size() == 0 ? Float.NEGATIVE_INFINITY : from.logit(0), position);
        if (greedy) {
            return from.id(0);
        }
        int size = Math.min(from.size(), count);
        double sum = 0;
        for (int i = 0; i < size; i++) {
            weights[i] = weight(from.logit(i), from.logit(0), divisor);
            sum += weights[i];
        }
        int kept = 0;
        double reached = 0;
        double keptSum = 0;
        do {
            reached += weights[kept];
            keptSum += weights[kept++];
        } while (kept < size && reached < sampling.topP() * sum);
        while (kept > 1 && weights[kept - 1] < sampling.minP()) {
            keptSum -= weights[--kept];
        }
        double left = uniform(position) * keptSum;
        for (int i = 0; i < kept; i++) {
            left -= weights[i];
            if (left < 0) {
                return from.id(i);
            }
        }
        return from.id(0);
    }

    /** Weight relative to the likeliest token, whose weight is 1 whatever the temperature. */
    private static double weight(float logit, float max, double divisor) {
        return Math.exp(((double) logit - max) / divisor);
    }

    /** Chooses from a whole row. */
    private int draw(float[] row, double divisor, int position) {
        if (ids.length == 0) {
            ids = new int[vocabularySize];
            weights = new double[vocabularySize];
        }
        float max = Float.NEGATIVE_INFINITY;
        boolean sound = true;
        int size = 0;
        for (int i = 0; i < vocabularySize; i++) {
            sound &= !Float.isNaN(row[i]);
            max = Math.max(max, row[i]);
            if (row[i] > Float.NEGATIVE_INFINITY) {
                ids[size++] = i;
            }
        }
        check(sound, max, position);
        if (sampling.topK() > 0 && sampling.topK() < size) {
            size = largest(row, size, sampling.topK());
        }
        double sum = 0;
        for (int i = 0; i < size; i++) {
            weights[i] = weight(row[ids[i]], max, divisor);
            sum += weights[i];
        }
        if (sampling.topP() < 1) {
            size = nucleus(row, size, sampling.topP() * sum);
        }
        sum = 0;
        int kept = 0;
        for (int i = 0; i < size; i++) {
            double weight = weight(row[ids[i]], max, divisor);
            if (weight >= sampling.minP()) {
                ids[kept] = ids[i];
                weights[kept++] = weight;
                sum += weight;
            }
        }
        double left = uniform(position) * sum;
        for (int i = 0; i < kept; i++) {
            left -= weights[i];
            if (left < 0) {
                return ids[i];
            }
        }
        return ids[0];
    }

    /** Keeps the largest few, in falling order. */
    private int largest(float[] row, int size, int most) {
        heapify(row, size);
        return takeFromHeap(row, size, size - most, Double.POSITIVE_INFINITY);
    }

    /** Keeps the likeliest candidates that together reach a weight, in falling order. */
    private int nucleus(float[] row, int size, double enough) {
        heapify(row, size);
        return takeFromHeap(row, size, 0, enough);
    }

    private void heapify(float[] row, int size) {
        for (int parent = size / 2 - 1; parent >= 0; parent--) {
            sink(row, parent, size);
        }
    }

    /** Takes from the top of the heap to its end, so that the likeliest stand last; then turns them round. */
    private int takeFromHeap(float[] row, int size, int end, double enough) {
        double reached = 0;
        int heap = size;
        float max = row[ids[0]];
        do {
            int likeliest = ids[0];
            ids[0] = ids[--heap];
            ids[heap] = likeliest;
            sink(row, 0, heap);
            reached += weight(row[likeliest], max, temperatureLeft());
        } while (heap > end && reached < enough);
        int kept = size - heap;
        for (int i = 0; i < kept / 2; i++) {
            int other = ids[size - 1 - i];
            ids[size - 1 - i] = ids[heap + i];
            ids[heap + i] = other;
        }
        System.arraycopy(ids, heap, ids, 0, kept);
        return kept;
    }

    private double temperatureLeft() {
        return late.isEmpty() ? temperature : 1;
    }

    private void sink(float[] row, int start, int end) {
        int parent = start;
        int id = ids[parent];
        while (true) {
            int child = 2 * parent + 1;
            if (child >= end) {
                break;
            }
            if (child + 1 < end && row[ids[child + 1]] > row[ids[child]]) {
                child++;
            }
            if (!(row[ids[child]] > row[id])) {
                break;
            }
            ids[parent] = ids[child];
            parent = child;
        }
        if (parent < end) {
            ids[parent] = id;
        }
    }

    /** The one check of each token: better no answer than garbage that looks like one. */
    private void check(boolean sound, float largest, int position) {
        if (sound && Float.isFinite(largest)) {
            return;
        }
        String what;
        if (!sound) {
            what = "logits that are not numbers";
        } else if (largest == Float.NEGATIVE_INFINITY) {
            what = "no token that is possible";
        } else {
            what = "a logit that is infinite";
        }
        throw new BackendException("After " + position + " tokens there is " + what
                + ". Either the weights of the model are"
                + " damaged, or its backend computes wrongly (try another one), or a plugin or the sampling drives the logits out"
                + " of range: temperature " + sampling.temperature() + ", repetition penalty "
                + sampling.repetitionPenalty() + ".");
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
