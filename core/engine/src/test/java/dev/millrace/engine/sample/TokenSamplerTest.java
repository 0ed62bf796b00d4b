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
import dev.millrace.engine.ScriptedModel;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.text.tokenizer.PromptTokenizer;
import dev.millrace.text.tokenizer.Tokenizers;
import java.nio.file.Path;
import java.util.List;
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

    /** How often each token is drawn, over positions. */
    private static double[] frequencies(Sampling sampling, float[] logits, int draws) {
        double[] counts = new double[logits.length];
        TokenSampler sampler = sampler(sampling, 7, logits.length, Stages.none());
        for (int i = 0; i < draws; i++) {
            counts[sampler.choose(logits.clone(), new History(new int[i % 5000]))] += 1.0 / draws;
        }
        return counts;
    }

    /** What transformers would draw from, step by step on the whole vocabulary. */
    private static double[] expected(Sampling sampling, float[] logits) {
        int n = logits.length;
        Integer[] order = IntStream.range(0, n).boxed().sorted((a, b) -> Float.compare(logits[b], logits[a]))
                .toArray(Integer[]::new);
        boolean[] kept = new boolean[n];
        for (int i = 0; i < n; i++) {
            kept[order[i]] = sampling.topK() == 0 || i < sampling.topK();
        }
        double[] p = softmax(logits, kept, sampling.temperature());
        double sum = 0;
        for (int i = 0; i < n; i++) {
            kept[order[i]] &= i == 0 || sum < sampling.topP();
            sum += p[order[i]];
        }
        p = softmax(logits, kept, sampling.temperature());
        for (int i = 0; i < n; i++) {
            kept[order[i]] &= p[order[i]] >= sampling.minP() * p[order[0]];
        }
        return softmax(logits, kept, sampling.temperature());
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
        Random random = new Random(5);
        float[] logits = new float[40];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian() * 2;
        }
        Sampling plain = Sampling.greedy().withTemperature(1);
        for (Sampling sampling : List.of(plain, plain.withTemperature(0.5), plain.withTopK(5), plain.withTopP(0.7),
                plain.withMinP(0.2), plain.withTemperature(1.5).withTopK(20).withTopP(0.9).withMinP(0.05),
                plain.withTopP(0))) {
            double[] expected = expected(sampling, logits);
            double[] found = frequencies(sampling, logits, 60_000);
            for (int i = 0; i < logits.length; i++) {
                assertEquals(expected[i], found[i], 0.01, sampling + " token " + i);
                assertTrue(expected[i] > 0 || found[i] == 0, sampling + " must not draw token " + i);
            }
        }
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
        assertEquals(java.util.Arrays.toString(runs[0]), java.util.Arrays.toString(runs[1]));
        assertNotEquals(java.util.Arrays.toString(runs[0]), java.util.Arrays.toString(runs[2]));
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
        java.util.Arrays.fill(none, Float.NEGATIVE_INFINITY);
        assertThrows(BackendException.class, () -> sampler.choose(none, new History(1)));
        assertThrows(BackendException.class,
                () -> sampler.choose(new float[]{1, Float.NaN, 2, 3}, new History(1)));
    }
}
