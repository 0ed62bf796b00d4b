/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Program;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/**
 * Whether a backend computes a whole model as its formulas say: against {@link ReferenceExecutor}, which computes them one by one in
 * double precision. Small models only, since all weights become doubles: up to some ten million of them take seconds.
 *
 * <p>
 * {@link BackendContract} has a small model for each feature; this is for a real one, with its own sizes and weight types.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class ParityContract {

    private static final int TOKENS = 24;
    private static final int GENERATED = 8;

    /** For classes that extend this one. */
    protected ParityContract() {
    }

    /**
     * The backend under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract Backend backend();

    /**
     * The model that it runs.
     *
     * @return a program whose files stay open
     */
    protected abstract Program program();

    /**
     * The same model with its tensors.
     *
     * @return the program by default; to be overridden where that is a graph
     */
    protected Blueprint reference() {
        if (program() instanceof Blueprint blueprint) {
            return blueprint;
        }
        throw new AssertionError(
                "The program is a graph: override reference() with the model that it was exported from.");
    }

    /**
     * The device under test.
     *
     * @return the backend's best by default
     */
    protected Device device() {
        return backend().devices().getFirst();
    }

    /**
     * How far a logit may be from the reference in {@link Precision#EXACT}.
     *
     * @return 1e-3 by default
     */
    protected double tolerance() {
        return 1e-3;
    }

    /**
     * Tokens to be read.
     *
     * @return by default some from all over the vocabulary
     */
    protected int[] tokens() {
        int[] tokens = new int[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            tokens[i] = (int) (i * 7919L % program().vocabularySize());
        }
        return tokens;
    }

    @Test
    void logitsAndChoicesAreThoseOfTheReference() {
        int[] prompt = tokens();
        LoadOptions options = LoadOptions.of(prompt.length + GENERATED).withPrecision(Precision.EXACT);
        try (Executor executor = backend().load(program(), device(), options, Progress.NONE);
                Sequence sequence = executor.newSequence()) {
            Feeder feeder = new Feeder(executor, program().vocabularySize());
            float[][] found = feeder.feedAll(sequence, prompt);
            int[] chosen = feeder.greedy(sequence, found[prompt.length - 1], GENERATED);
            // one pass of the reference, over what the backend has read and chosen
            float[][] expected = new ReferenceExecutor(reference()).logits(Bench.joined(prompt, chosen));
            for (int i = 0; i < prompt.length; i++) {
                int at = i;
                double distance = Feeder.distance(expected[i], found[i]);
                assertTrue(distance <= tolerance(), () -> "After token " + at + " of " + prompt.length
                        + " logits differ by " + distance + " from the reference, " + tolerance() + " is allowed.");
            }
            for (int i = 0; i < chosen.length; i++) {
                float[] row = expected[prompt.length + i - 1];
                int best = Feeder.best(row);
                int choice = chosen[i];
                int at = i;
                // near ties may fall either way
                assertTrue(row[best] - row[choice] <= 2 * tolerance(),
                        () -> "Token " + at + " of the answer is " + choice
                                + ", with a logit of " + row[choice] + " in the reference, where token " + best
                                + " has "
                                + row[best] + ".");
            }
        }
    }
}
