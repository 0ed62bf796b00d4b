/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Sampling;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the engine adds to each token: scheduling, sampling, decoding, parsing and events, over a backend that computes nothing.
 * The time to begin a conversation is spread over its tokens.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineBenchmark {

    private static final int TOKENS = 256;

    /** Model whose vocabulary is sampled from; nano has 2 048 tokens. */
    @Param(Material.OWN)
    public String model = "";

    /** Whether tokens are drawn, with top k and top p, or the likeliest is taken. */
    @Param({"greedy", "drawn"})
    public String sampling = "";

    private Millrace millrace;
    private Model opened;
    private Sampling chosen = Sampling.greedy();

    /** Made by JMH. */
    @SuppressWarnings("NullAway.Init")
    public EngineBenchmark() {
    }

    /** Opens the model on the idle backend. */
    @Setup
    public void start() {
        millrace = Millrace.start();
        opened = millrace.open(model, ModelOptions.defaults().withBackend(IdleBackend.ID));
        if (sampling.equals("drawn")) {
            chosen = new Sampling(0.7, 50, 0.9, 0, 1.05, Sampling.greedy().seed()).withSeed(1);
        }
    }

    /** One answer, read as events. */
    @Benchmark
    @OperationsPerInvocation(TOKENS)
    public int token() {
        int events = 0;
        try (Conversation conversation = opened.conversation().sampling(chosen).maxTokens(TOKENS)
                .loops(LoopLimits.OFF).start();
                Generation generation = conversation.send("Go.")) {
            for (Event event : generation) {
                if (event instanceof Event.Finished finished
                        && finished.usage().completionTokens() != TOKENS) {
                    throw new IllegalStateException("only " + finished.usage().completionTokens() + " tokens");
                }
                events++;
            }
        }
        return events;
    }

    /** Closes everything. */
    @TearDown
    public void stop() {
        opened.close();
        millrace.close();
    }
}
