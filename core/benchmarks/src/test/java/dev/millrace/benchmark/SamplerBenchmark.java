/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Penalties;
import dev.millrace.api.Sampling;
import dev.millrace.engine.sample.Stages;
import dev.millrace.engine.sample.TokenSampler;
import dev.millrace.engine.sample.TokenScorer;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How a token is chosen from 128 000 logits, with 4 000 tokens before it. A row of the backend is copied each time, which is part of
 * the figure; {@code copy} is that alone.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SamplerBenchmark {

    private static final int VOCABULARY = 128_000;
    private static final int TOKENS = 4_000;

    /** What is asked for. */
    @Param({"copy", "greedy", "usual", "top-p", "plain", "min-p", "typical", "top-k-1000", "all", "logprobs"})
    public String chain = "";

    private final float[] row = new float[VOCABULARY];
    private final int[] tokens = new int[TOKENS];
    private final History history = new History(tokens);
    private TokenSampler sampler;
    private Stages stages;
    private Step step;

    /** Made by JMH. */
    @SuppressWarnings("NullAway.Init")
    public SamplerBenchmark() {
    }

    private static final class History implements TokenHistory {

        private final int[] tokens;

        History(int[] tokens) {
            this.tokens = tokens;
        }

        @Override
        public int length() {
            return tokens.length;
        }

        @Override
        public int promptLength() {
            return tokens.length / 2;
        }

        @Override
        public int token(int index) {
            return tokens[index];
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
            return false;
        }

        @Override
        public SequenceState export() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // holds nothing
        }
    }

    /** Makes logits as a language model gives them: few that stand out, and a broad rest. */
    @Setup
    public void start() throws IOException {
        PromptTokenizer tokenizer = Material.tokenizer(Material.OWN);
        Random random = new Random(1);
        for (int i = 0; i < VOCABULARY; i++) {
            row[i] = (float) (random.nextGaussian() * 2.5 - 4);
        }
        for (int i = 0; i < 60; i++) {
            row[random.nextInt(VOCABULARY)] = 14 - i * 0.25f;
        }
        for (int i = 0; i < TOKENS; i++) {
            tokens[i] = random.nextInt(tokenizer.size());
        }
        Sampling sampling = sampling();
        stages = Stages.of(List.of(), new Stages.Context(tokenizer, Set.of(2), List.of(), AnswerFormat.TEXT, sampling,
                LoopLimits.DEFAULT));
        sampler = new TokenSampler(sampling, 3, VOCABULARY, stages, chain.equals("logprobs")
                ? Optional.of(new TokenScorer(tokenizer, VOCABULARY, 20))
                : Optional.empty());
        stages.begin(history, 0);
        step = new Step(new NoSequence(), VOCABULARY);
        step.feed(tokens, 0, 1, sampler.after(history).wanted());
    }

    private Sampling sampling() {
        Sampling one = Sampling.greedy().withTemperature(1);
        return switch (chain) {
            case "usual" -> one.withTemperature(0.7).withTopK(50).withTopP(0.9).withRepetitionPenalty(1.05);
            case "top-p" -> one.withTopP(0.95);
            case "plain" -> one;
            case "min-p" -> one.withMinP(0.05);
            case "typical" -> one.withTypicalP(0.95);
            case "top-k-1000" -> one.withTopK(1000).withTopP(0.95);
            case "all" -> one.withTopP(0.95).withMinP(0.02).withXtc(0.5, 0.1).withRepetitionPenalty(1.05)
                    .withPresencePenalty(0.2).withFrequencyPenalty(0.1).withDry(Penalties.Dry.of(0.8))
                    .withLogitBias(Map.of(7, 1.0)).withBannedTexts(List.of("kitchen"));
            default -> Sampling.greedy();
        };
    }

    /** One token. */
    @Benchmark
    public int token() {
        if (chain.equals("copy")) {
            System.arraycopy(row, 0, step.logits(), 0, VOCABULARY);
            return 0;
        }
        step.feed(tokens, 0, 1, sampler.after(history).wanted());
        if (step.wanted() == Step.Logits.BEST) {
            sampler.ask(step.best());
        }
        System.arraycopy(row, 0, step.logits(), 0, VOCABULARY);
        int token = sampler.choose(step, 0, history);
        stages.accept(tokens[token % TOKENS]);
        return token;
    }
}
