/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Loads and feeds models. */
public final class Run {

    public static final CpuBackend BACKEND = new CpuBackend();

    private Run() {
    }

    public static Stream<Device> devices() {
        return BACKEND.devices().stream();
    }

    public static Executor load(Blueprint blueprint, Device device, int threads, Precision precision) {
        return load(blueprint, device, threads, precision, 512);
    }

    public static Executor load(Blueprint blueprint, Device device, int threads, Precision precision, int context) {
        return BACKEND.load(blueprint, device, LoadOptions.of(context).withThreads(threads).withPrecision(precision),
                Progress.NONE);
    }

    /** Feeds tokens and returns the logits after the last. */
    public static float[] feed(Executor executor, Sequence sequence, int vocabulary, int... tokens) {
        Step step = new Step(sequence, vocabulary);
        int most = executor.limits().batchTokens();
        for (int from = 0; from < tokens.length; from += most) {
            int to = Math.min(tokens.length, from + most);
            step.feed(tokens, from, to, to < tokens.length ? Step.Logits.NONE : Step.Logits.LAST)
                    .reach(sequence.length() + tokens.length - from);
            executor.forward(List.of(step));
        }
        return Arrays.copyOf(step.logits(), vocabulary);
    }

    public static int[] tokens(int count, int vocabulary) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (i * 31 + i * i % 17 + 5) % vocabulary;
        }
        return tokens;
    }

    static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /** Root mean square difference over the standard deviation of what is expected. */
    static double error(double[] expected, float[] got) {
        double mean = Arrays.stream(expected).average().orElseThrow();
        double squares = 0;
        double variance = 0;
        for (int i = 0; i < expected.length; i++) {
            squares += (got[i] - expected[i]) * (got[i] - expected[i]);
            variance += (expected[i] - mean) * (expected[i] - mean);
        }
        return Math.sqrt(squares / variance);
    }
}
