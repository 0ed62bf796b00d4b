/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.BackendException;
import dev.millrace.api.Sampling;
import dev.millrace.api.Variety;
import dev.millrace.engine.schedule.Wish;
import dev.millrace.spi.backend.Best;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.TokenHistory;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses tokens from logits: the stages in their order, then top k, temperature, typical p, top p, min p, exclusion of top choices
 * and a draw. Allocates nothing per token. Serves one prompt, on one thread at a time.
 *
 * <p>
 * It wishes for no more than it needs: the largest logits alone, unless a stage, a draw from all tokens or a scorer has to see the
 * whole row. The draw depends on the seed and the position alone, so that a conversation that was forked, saved or moved goes on
 * with the same choices.
 */
public final class TokenSampler implements Wish {

    /** More of the largest logits than this are found sooner in the whole row. */
    private static final int MOST_BEST = 256;
    /** At a lower temperature no difference between two logits is small enough to matter: the likeliest token is taken. */
    private static final double COLDEST = 1e-30;
    private static final int TEMPERATURE_ORDER = 100;
    /** What is kept of a row at first, as an exponent: where the likeliest tokens are enough, most of the row is not. */
    private static final double HEAD = -12;

    private final Sampling sampling;
    private final Variety variety;
    private final Chance chance;
    private final Chance exclusion;
    private final int vocabularySize;
    private final boolean greedy;
    private final List<SparseStage> sparse;
    private final List<SamplerStage> bounds;
    private final List<SamplerStage> early;
    private final List<SamplerStage> middle;
    private final List<SamplerStage> late;
    private final double temperature;
    private final boolean dynamic;
    /** How many of the largest logits are enough, or 0 if all are needed. */
    private final int count;
    private final @Nullable TokenScorer scorer;
    private final Best best;
    private final Changes changes;
    private final Candidates candidates = new Candidates();
    private float[] single = {};

    /**
     * A sampler for one prompt.
     *
     * @param sampling what to do
     * @param seed of the draws
     * @param vocabularySize logits in a row
     * @param stages which stay the conversation's
     * @param scorer looks at each row, if there is one
     */
    public TokenSampler(Sampling sampling, long seed, int vocabularySize, Stages stages,
            Optional<TokenScorer> scorer) {
        this.sampling = sampling;
        this.variety = sampling.variety();
        this.chance = new Chance(seed);
        this.exclusion = chance.other();
        this.vocabularySize = vocabularySize;
        this.dynamic = variety.temperatureRange() > 0 && sampling.topK() != 1;
        this.greedy = !dynamic && (sampling.temperature() < COLDEST || sampling.topK() == 1);
        this.sparse = stages.sparse();
        this.bounds = stages.bounds();
        this.early = stages.between(Integer.MIN_VALUE, 0);
        this.middle = stages.between(0, TEMPERATURE_ORDER);
        this.late = stages.between(TEMPERATURE_ORDER, Integer.MAX_VALUE);
        this.temperature = greedy ? 1 : sampling.temperature();
        if (greedy) {
            this.count = 1;
        } else {
            this.count = sampling.topK() <= MOST_BEST ? sampling.topK() : 0;
        }
        this.scorer = scorer.orElse(null);
        this.best = new Best(vocabularySize).count(Math.max(1, count));
        this.changes = new Changes(vocabularySize);
    }

    // ---- before the logits are computed

    /**
     * Asks the stages what they want to change. Called before each token is read after which one is chosen.
     *
     * @param history tokens so far, that one included
     * @return this
     */
    public TokenSampler after(TokenHistory history) {
        changes.clear();
        for (SparseStage stage : sparse) {
            stage.change(history, changes);
        }
        for (SamplerStage stage : bounds) {
            long[] allowed = stage.allowed(history);
            if (allowed != null) {
                changes.allow(allowed);
            }
        }
        changes.settle();
        return this;
    }

    @Override
    public Step.Logits wanted() {
        return count > 0 && scorer == null && early.isEmpty() && middle.isEmpty() && late.isEmpty()
                ? Step.Logits.BEST
                : Step.Logits.LAST;
    }

    @Override
    public void ask(Best asked) {
        changes.ask(asked.count(count));
    }

    // ---- and after

    /**
     * Chooses.
     *
     * @param step with what was wished for, or with rows after several tokens
     * @param index the row to choose from
     * @param history tokens so far
     * @return a token id
     * @throws BackendException if the logits are of no use
     */
    public int choose(Step step, int index, TokenHistory history) {
        return switch (step.wanted()) {
            case BEST -> pick(step.best(), temperature, history.length());
            case ALL -> choose(row(step.logits(), index), history);
            case LAST, NONE -> choose(step.logits(), history);
        };
    }

    /** A row by itself, as stages want it. */
    private float[] row(float[] rows, int index) {
        if (single.length == 0) {
            single = new float[vocabularySize];
        }
        System.arraycopy(rows, index * vocabularySize, single, 0, vocabularySize);
        return single;
    }

    /** Chooses from a row, which is changed. */
    int choose(float[] row, TokenHistory history) {
        if (scorer != null) {
            scorer.look(row, vocabularySize);
        }
        for (SamplerStage stage : early) {
            stage.apply(row, history);
        }
        changes.apply(row);
        for (SamplerStage stage : middle) {
            stage.apply(row, history);
        }
        if (!late.isEmpty()) {
            // these see what temperature has made
            for (int i = 0; i < vocabularySize; i++) {
                row[i] = (float) (row[i] / Math.max(COLDEST, temperature));
            }
            for (SamplerStage stage : late) {
                stage.apply(row, history);
            }
        }
        double left = late.isEmpty() ? temperature : 1;
        if (count > 0) {
            best.choose(row);
            return pick(best, left, history.length());
        }
        return draw(row, left, history.length());
    }

    /** Chooses from the largest. */
    private int pick(Best from, double divisor, int position) {
        check(from.isSound(), from.size() == 0 ? Float.NEGATIVE_INFINITY : from.logit(0), position);
        if (greedy) {
            return from.id(0);
        }
        candidates.take(from, count, dynamic ? 1 : divisor);
        if (dynamic) {
            candidates.cool(byEntropy(divisor));
        }
        if (variety.typicalP() < 1) {
            candidates.keepTypical(variety.typicalP());
        }
        return fromCandidates(position);
    }

    /** Chooses from a whole row. */
    private int draw(float[] row, double divisor, int position) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabularySize; i++) {
            // one that is not a number makes the largest none
            largest = Math.max(largest, row[i]);
        }
        check(!Float.isNaN(largest), largest, position);
        if (dynamic || !fromHead(row, largest, divisor)) {
            candidates.take(row, vocabularySize, largest, dynamic ? 1 : divisor, Double.NEGATIVE_INFINITY);
            if (sampling.topK() > 0) {
                candidates.keepLikeliest(sampling.topK());
            }
            if (dynamic) {
                candidates.cool(byEntropy(divisor));
            }
            if (variety.typicalP() < 1) {
                candidates.keepTypical(variety.typicalP());
            }
        }
        return fromCandidates(position);
    }

    /**
     * Tries the likeliest tokens alone, as far as typical p: mostly the others are too unlikely to matter.
     *
     * @return false if they may matter
     */
    private boolean fromHead(float[] row, float largest, double divisor) {
        if (sampling.topK() == 0 && variety.typicalP() == 1 && sampling.topP() == 1
                && sampling.minP() < Math.exp(HEAD)) {
            return false;
        }
        candidates.take(row, vocabularySize, largest, divisor, HEAD);
        if (sampling.topK() > 0) {
            if (candidates.size() < sampling.topK()) {
                return false;
            }
            candidates.keepLikeliest(sampling.topK());
        }
        if (variety.typicalP() < 1) {
            return candidates.keepTypical(variety.typicalP());
        }
        return sampling.topK() > 0 || sampling.minP() >= Math.exp(HEAD)
                || candidates.sum() >= sampling.topP() * candidates.total();
    }

    /** The temperature between its bounds, by how open the choice is. */
    private double byEntropy(double middleOf) {
        double low = Math.max(0, middleOf - variety.temperatureRange());
        double high = middleOf + variety.temperatureRange();
        if (candidates.size() < 2) {
            return Math.max(COLDEST, low);
        }
        double part = Math.clamp(candidates.entropy() / Math.log(candidates.size()), 0, 1);
        return Math.max(COLDEST, low + (high - low) * Math.pow(part, variety.temperatureExponent()));
    }

    private int fromCandidates(int position) {
        if (sampling.topP() < 1) {
            candidates.keepNucleus(sampling.topP());
        }
        if (sampling.minP() > 0) {
            candidates.keepHeavy(sampling.minP());
        }
        if (variety.xtcProbability() > 0 && exclusion.at(position) < variety.xtcProbability()) {
            candidates.excludeTop(variety.xtcThreshold());
        }
        return candidates.draw(chance.at(position));
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
}
