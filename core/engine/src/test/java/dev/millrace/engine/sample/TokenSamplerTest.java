/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.BackendException;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Sampling;
import dev.millrace.api.TokenScore;
import dev.millrace.engine.ScriptedModel;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.text.tokenizer.PromptTokenizer;
import dev.millrace.text.tokenizer.Tokenizers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenSamplerTest {

    private static final PromptTokenizer TOKENIZER = Tokenizers
            .of(new ScriptedModel(Path.of("x")).vocabulary().orElseThrow());

    @SuppressWarnings("ArrayRecordComponent")
    private record History(int... tokens) implements TokenHistory {
        @Override
        public int length() {
            return tokens.length;
        }

        @Override
        public int promptLength() {
            return 0;
        }

        @Override
        public int token(int index) {
            return tokens[index];
        }
    }

    /** A stage that bans one token. */
    private record Ban(int token) implements SamplerStage {
        @Override
        public void apply(float[] logits, TokenHistory history) {
            logits[token] = Float.NEGATIVE_INFINITY;
        }

        @Override
        public SamplerStage fork() {
            return this;
        }
    }

    private static TokenSampler sampler(Sampling sampling, long seed, int vocabulary, Stages stages) {
        return new TokenSampler(sampling, seed, vocabulary, stages, Optional.empty());
    }

    private static Stages own(Sampling sampling, SamplerStage.Factory... plugins) {
        return Stages.of(List.of(plugins), new Stages.Context(TOKENIZER, Set.of(3), List.of(), AnswerFormat.TEXT,
                sampling, LoopLimits.DEFAULT));
    }

    /** How often each token is drawn, over positions and seeds. */
    private static double[] frequencies(Sampling sampling, float[] logits, int draws) {
        double[] counts = new double[logits.length];
        TokenSampler sampler = sampler(sampling, 0, logits.length, Stages.none());
        for (int i = 0; i < draws; i++) {
            if (i % 500 == 0) {
                sampler = sampler(sampling, 7 + i, logits.length, Stages.none());
            }
            counts[sampler.choose(logits.clone(), new History(new int[i % 500]))] += 1.0 / draws;
        }
        return counts;
    }

    /** What the settings mean, step by step on the whole vocabulary. */
    private static double[] expected(Sampling sampling, float[] logits) {
        int n = logits.length;
        Integer[] order = IntStream.range(0, n).boxed().sorted((a, b) -> Float.compare(logits[b], logits[a]))
                .toArray(Integer[]::new);
        boolean[] kept = new boolean[n];
        for (int i = 0; i < n; i++) {
            kept[order[i]] = sampling.topK() == 0 || i < sampling.topK();
        }
        double temperature = temperature(sampling, logits, kept);
        typical(sampling, logits, kept, temperature);
        double[] p = softmax(logits, kept, temperature);
        double sum = 0;
        boolean first = true;
        for (int i = 0; i < n; i++) {
            if (kept[order[i]]) {
                kept[order[i]] = first || sum < sampling.topP();
                first = false;
                sum += p[order[i]];
            }
        }
        p = softmax(logits, kept, temperature);
        double most = Arrays.stream(p).max().orElseThrow();
        for (int i = 0; i < n; i++) {
            kept[order[i]] &= p[order[i]] >= sampling.minP() * most;
        }
        p = softmax(logits, kept, temperature);
        double[] excluded = softmax(logits, withoutTop(p, kept, sampling.variety().xtcThreshold()), temperature);
        double chance = sampling.variety().xtcProbability();
        for (int i = 0; i < n; i++) {
            p[i] = (1 - chance) * p[i] + chance * excluded[i];
        }
        return p;
    }

    private static double entropy(double[] p) {
        return -Arrays.stream(p).filter(x -> x > 0).map(x -> x * Math.log(x)).sum();
    }

    private static double temperature(Sampling sampling, float[] logits, boolean[] kept) {
        double range = sampling.variety().temperatureRange();
        if (range == 0) {
            return sampling.temperature();
        }
        double[] p = softmax(logits, kept, 1);
        double part = entropy(p) / Math.log((double) IntStream.range(0, p.length).filter(i -> kept[i]).count());
        double low = Math.max(0, sampling.temperature() - range);
        return low + (sampling.temperature() + range - low)
                * Math.pow(part, sampling.variety().temperatureExponent());
    }

    private static void typical(Sampling sampling, float[] logits, boolean[] kept, double temperature) {
        if (sampling.variety().typicalP() == 1) {
            return;
        }
        double[] p = softmax(logits, kept, temperature);
        double expected = entropy(p);
        double sum = 0;
        for (int i : IntStream.range(0, p.length).filter(i -> kept[i]).boxed()
                .sorted(Comparator.comparingDouble(i -> Math.abs(-Math.log(p[i]) - expected))).toList()) {
            kept[i] = sum == 0 || sum < sampling.variety().typicalP();
            sum += p[i];
        }
    }

    private static boolean[] withoutTop(double[] p, boolean[] kept, double threshold) {
        int[] top = IntStream.range(0, p.length).filter(i -> p[i] >= threshold).toArray();
        boolean[] left = kept.clone();
        if (top.length > 1) {
            int least = Arrays.stream(top).boxed().min(Comparator.comparingDouble(i -> p[i])).orElseThrow();
            Arrays.stream(top).filter(i -> i != least).forEach(i -> left[i] = false);
        }
        return left;
    }

    private static double[] softmax(float[] logits, boolean[] kept, double temperature) {
        double[] p = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = kept[i] ? Math.exp(logits[i] / temperature) : 0;
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    @Test
    void drawsFromTheDistributionThatTheSettingsMean() {
        Sampling plain = Sampling.greedy().withTemperature(1);
        List<Sampling> all = List.of(plain, plain.withTemperature(0.5), plain.withTopK(5), plain.withTopP(0.7),
                plain.withMinP(0.2), plain.withTemperature(1.5).withTopK(20).withTopP(0.9).withMinP(0.05),
                plain.withTopP(0), plain.withTypicalP(0.4), plain.withTypicalP(0.8).withTopP(0.9).withTemperature(0.7),
                plain.withTypicalP(0), plain.withXtc(1, 0.1), plain.withXtc(0.5, 0.05).withMinP(0.02),
                plain.withXtc(1, 0.6), plain.withTopK(10).withXtc(0.3, 0.1), plain.withDynamicTemperature(0.7, 1),
                plain.withTopK(12).withDynamicTemperature(0.5, 2).withTopP(0.8),
                plain.withTemperature(0).withDynamicTemperature(1.5, 0.5),
                plain.withTopP(0.999).withTemperature(3));
        for (int size : new int[]{40, 700}) {
            Random random = new Random(5);
            float[] logits = new float[size];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = (float) random.nextGaussian() * (size > 100 ? 4 : 2);
            }
            for (Sampling one : all) {
                // above 256 the whole row is looked at
                Sampling sampling = size > 256 && one.topK() > 10 ? one.withTopK(300) : one;
                double[] expected = expected(sampling, logits);
                double[] found = frequencies(sampling, logits, 40_000);
                for (int i = 0; i < logits.length; i++) {
                    assertEquals(expected[i], found[i], 0.012, sampling + " token " + i + " of " + size);
                    assertTrue(expected[i] > 0 || found[i] == 0, sampling + " must not draw token " + i);
                }
            }
        }
    }

    @Test
    void aDrawIsTheSameFromTheLargestAndFromTheWholeRow() {
        Random random = new Random(9);
        Sampling sampling = Sampling.greedy().withTemperature(0.8).withTopK(50).withTopP(0.95).withMinP(0.02);
        SamplerStage looks = new SamplerStage() {
            @Override
            public void apply(float[] logits, TokenHistory history) {
                // sees the whole row
            }

            @Override
            public SamplerStage fork() {
                return this;
            }
        };
        SamplerStage.Factory factory = new SamplerStage.Factory() {
            @Override
            public int order() {
                return 7;
            }

            @Override
            public Optional<SamplerStage> create(StageContext context) {
                return Optional.of(looks);
            }
        };
        Sampling penalised = sampling.withRepetitionPenalty(1.3).withPresencePenalty(0.5).withLogitBias(Map.of(4, 3.0));
        TokenSampler sparse = sampler(penalised, 3, 264, own(penalised));
        TokenSampler whole = sampler(penalised, 3, 264, own(penalised, factory));
        for (int i = 1; i < 300; i++) {
            float[] row = new float[264];
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) random.nextGaussian() * 3;
            }
            int[] tokens = random.ints(i, 8, 264).toArray();
            History history = new History(tokens);
            Step step = new Step(new NoSequence(), 264);
            step.feed(tokens, 0, 1, sparse.after(history).wanted());
            assertEquals(Step.Logits.BEST, step.wanted());
            assertEquals(Step.Logits.LAST, whole.after(history).wanted());
            sparse.ask(step.best());
            System.arraycopy(row, 0, step.logits(), 0, row.length);
            assertEquals(whole.choose(row.clone(), history), sparse.choose(step, 0, history), "position " + i);
        }
    }

    private record NoSequence() implements Sequence {
        @Override
        public int length() {
            return 0;
        }

        @Override
        public Sequence fork() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean truncate(int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // nothing
        }
    }

    @Test
    void tellsHowLikelyTokensWereBeforeAnythingWasChanged() {
        float[] logits = {1, 4, 2, Float.NEGATIVE_INFINITY, 3};
        Sampling sampling = Sampling.greedy().withLogitBias(Map.of(1, Double.NEGATIVE_INFINITY, 4, -50.0));
        TokenScorer scorer = new TokenScorer(TOKENIZER, 5, 2);
        TokenSampler sampler = new TokenSampler(sampling, 1, 5, own(sampling), Optional.of(scorer));
        History history = new History();
        assertEquals(Step.Logits.LAST, sampler.after(history).wanted());
        int token = sampler.choose(logits.clone(), history);
        assertEquals(2, token);
        double sum = Math.log(Math.exp(1) + Math.exp(4) + Math.exp(2) + Math.exp(3));
        TokenScore score = scorer.score(token);
        assertEquals(2 - sum, score.token().logprob(), 1e-6);
        assertEquals(List.of(1, 4), score.alternatives().stream().map(TokenScore.Scored::id).toList());
        assertEquals(4 - sum, score.alternatives().getFirst().logprob(), 1e-6);
    }

    @Test
    void greedyTakesTheLikeliest() {
        float[] logits = {1, 5, 5, -3};
        assertEquals(1, sampler(Sampling.greedy(), 0, 4, Stages.none()).choose(logits, new History()));
    }

    @Test
    void penalisesWhatOccurred() {
        Sampling sampling = Sampling.greedy().withRepetitionPenalty(2);
        float[] logits = {4, 3, -1};
        History history = new History(0, 2, 0);
        assertEquals(1, sampler(sampling, 0, 3, own(sampling)).after(history).choose(logits, history));
        assertEquals(2, logits[0]);
        assertEquals(-2, logits[2]);
    }

    @Test
    void theSameSeedGivesTheSameChoices() {
        float[] logits = new float[500];
        Sampling sampling = Sampling.greedy().withTemperature(1);
        int[][] runs = new int[3][50];
        for (int run = 0; run < 3; run++) {
            TokenSampler sampler = sampler(sampling, run == 2 ? 99 : 42, 500, Stages.none());
            for (int i = 0; i < 50; i++) {
                runs[run][i] = sampler.choose(logits.clone(), new History(new int[i]));
            }
        }
        assertEquals(Arrays.toString(runs[0]), Arrays.toString(runs[1]));
        assertNotEquals(Arrays.toString(runs[0]), Arrays.toString(runs[2]));
    }

    @Test
    void pluginsTakePartInTheirOrder() {
        SamplerStage.Factory ban = new SamplerStage.Factory() {
            @Override
            public int order() {
                return 50;
            }

            @Override
            public Optional<SamplerStage> create(StageContext context) {
                return Optional.of(new Ban(context.endTokens().iterator().next()));
            }
        };
        Stages stages = Stages.of(List.of(ban), new Stages.Context(TOKENIZER, Set.of(0), List.of(), AnswerFormat.TEXT,
                Sampling.greedy(), LoopLimits.DEFAULT));
        Sampling sampling = Sampling.greedy().withTemperature(1);
        TokenSampler sampler = sampler(sampling, 1, 3, stages);
        for (int i = 0; i < 200; i++) {
            assertNotEquals(0, sampler.choose(new float[]{50, 1, 1}, new History(new int[i])));
        }
    }

    @Test
    void extremeSamplingGivesNoGarbage() {
        float[] logits = {-3, 2, 1, Float.NEGATIVE_INFINITY};
        Sampling plain = Sampling.greedy().withTemperature(1);
        for (double cold : new double[]{1e-30, 1e-37, 1e-40, 1e-300, Double.MIN_VALUE}) {
            for (Sampling sampling : List.of(plain, plain.withTopK(3), plain.withTopP(0.9))) {
                TokenSampler sampler = sampler(sampling.withTemperature(cold), 1, 4, Stages.none());
                assertEquals(1, sampler.choose(logits.clone(), new History(new int[3])), "as temperature 0: " + cold);
            }
        }
        double[] hot = frequencies(plain.withTemperature(1e300), logits, 3000);
        assertEquals(0, hot[3], "what is impossible stays so");
        assertEquals(1.0 / 3, hot[0], 0.05);
        for (double penalty : new double[]{1e-39, 1e-50, 1e-300}) {
            Sampling broken = plain.withRepetitionPenalty(penalty);
            TokenSampler sampler = sampler(broken, 1, 4, own(broken)).after(new History(1));
            assertThrows(BackendException.class, () -> sampler.choose(logits.clone(), new History(1)));
        }
        TokenSampler sampler = sampler(plain, 1, 4, Stages.none());
        float[] none = new float[4];
        Arrays.fill(none, Float.NEGATIVE_INFINITY);
        assertThrows(BackendException.class, () -> sampler.choose(none, new History(1)));
        assertThrows(BackendException.class,
                () -> sampler.choose(new float[]{1, Float.NaN, 2, 3}, new History(1)));
    }
}
