/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.tck.ReferenceExecutor;
import java.util.Arrays;
import java.util.List;

/** A model on the device against the reference that computes its formulas one by one, in all sizes of passes that kernels tell apart. */
final class Parity {

    /** Tokens at once: a prompt long enough for tensor cores, then as many as each kernel for few columns takes. */
    private static final List<Integer> PASSES = List.of(9, 1, 2, 3, 5);
    private static final int TOKENS = 20;

    private final Blueprint model;
    private final int[] tokens = new int[TOKENS];
    private final float[][] expected;

    Parity(Blueprint model) {
        this.model = model;
        for (int i = 0; i < TOKENS; i++) {
            tokens[i] = (i * 37 + 11) % model.vocabularySize();
        }
        expected = new ReferenceExecutor(model).logits(tokens);
    }

    /** The largest root mean square error of a row of logits over their spread, with float activations. */
    double exact(CudaBackend backend, KeyValueType keyValues) {
        return errors(backend, Precision.EXACT, keyValues)[TOKENS - 1];
    }

    /** The middle one with rounded activations: a near-tie of experts may go the other way, and makes another row then. */
    double fast(CudaBackend backend, KeyValueType keyValues) {
        return errors(backend, Precision.FAST, keyValues)[TOKENS / 2];
    }

    private double[] errors(CudaBackend backend, Precision precision, KeyValueType keyValues) {
        double[] errors = new double[TOKENS];
        try (Executor executor = backend.load(model, backend.devices().getFirst(),
                LoadOptions.of(64).withPrecision(precision).withKeyValues(keyValues), Progress.NONE)) {
            int width = model.vocabularySize();
            Step step = new Step(executor.newSequence(), width);
            int from = 0;
            for (int count : PASSES) {
                int to = from + count;
                executor.forward(List.of(step.feed(tokens, from, to, Step.Logits.ALL).reach(TOKENS)));
                for (int t = from; t < to; t++) {
                    errors[t] = error(expected[t], step.logits(), (t - from) * width);
                }
                from = to;
            }
        }
        Arrays.sort(errors);
        return errors;
    }

    /** The root mean square error of a row of logits, over their spread. */
    static double error(float[] expected, float[] actual, int at) {
        double mean = 0;
        for (float value : expected) {
            mean += value / (double) expected.length;
        }
        double spread = 0;
        double wrong = 0;
        for (int i = 0; i < expected.length; i++) {
            spread += (expected[i] - mean) * (expected[i] - mean);
            wrong += ((double) expected[i] - actual[at + i]) * ((double) expected[i] - actual[at + i]);
        }
        return Math.sqrt(wrong / spread);
    }
}
