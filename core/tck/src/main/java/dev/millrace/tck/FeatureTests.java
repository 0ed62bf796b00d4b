/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Feature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What a backend declares it computes right: small models, one for each feature, against {@link ReferenceExecutor}. */
abstract class FeatureTests {

    private static final int TOKENS = 40;
    private static final int PROMPT = 25;
    private static final long SEED = 11;

    private final Bench bench;

    FeatureTests(Bench bench) {
        this.bench = bench;
    }

    @TestFactory
    Stream<DynamicTest> declaredFeaturesAreComputedRight() {
        return Arrays.stream(Feature.values())
                .map(feature -> DynamicTest.dynamicTest(feature.description(), () -> compute(feature)));
    }

    private void compute(Feature feature) {
        Set<Feature> declared = bench.backend().features();
        assumeTrue(declared.contains(feature), () -> "not declared: " + feature.description());
        Blueprint model = new FeatureModels(SEED).of(feature);
        Set<Feature> missing = new TreeSet<>(model.features());
        missing.removeAll(declared);
        assumeTrue(missing.isEmpty(), () -> "not tested, because the model needs what is not declared: " + missing);
        assertInstanceOf(Fit.Good.class, bench.backend().fit(model, bench.device(), bench.options()),
                "what features() declares fits");
        int[] tokens = new int[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            tokens[i] = (i * 37 + 11) % model.vocabularySize();
        }
        ReferenceExecutor reference = new ReferenceExecutor(model);
        try (Executor executor = bench.backend().load(model, bench.device(), bench.options(), Progress.NONE)) {
            // a prompt in one piece, then an answer token by token, beside another that reads the same
            Step one = new Step(executor.newSequence(), model.vocabularySize());
            Step two = new Step(executor.newSequence(), model.vocabularySize());
            float[][] expected = reference.logits(tokens);
            boolean byLength = model.features().contains(Feature.ROPE_BY_LENGTH);
            int prompt = byLength ? TOKENS : PROMPT;
            executor.forward(List.of(one.feed(tokens, 0, prompt, Step.Logits.ALL).reach(TOKENS),
                    two.feed(tokens, 0, prompt, Step.Logits.NONE).reach(TOKENS)));
            for (int t = 0; t < prompt; t++) {
                compare(feature, expected[t], Arrays.copyOfRange(one.logits(), t * model.vocabularySize(),
                        (t + 1) * model.vocabularySize()), t);
            }
            for (int t = prompt; t < TOKENS; t++) {
                executor.forward(List.of(one.feed(tokens, t, t + 1, Step.Logits.LAST).reach(TOKENS),
                        two.feed(tokens, t, t + 1, Step.Logits.LAST).reach(TOKENS)));
                compare(feature, expected[t], Arrays.copyOf(one.logits(), model.vocabularySize()), t);
                compare(feature, expected[t], Arrays.copyOf(two.logits(), model.vocabularySize()), t);
            }
            rewind(executor, one.sequence(), model, tokens, expected);
        }
    }

    /** A sequence that was cut back forgets in every kind of layer. */
    private void rewind(Executor executor, Sequence sequence, Blueprint model, int[] tokens, float[][] expected) {
        int kept = TOKENS - Math.min(4, executor.limits().rollback());
        if (kept < TOKENS && !model.features().contains(Feature.ROPE_BY_LENGTH)) {
            assertTrue(sequence.truncate(kept), "truncate within limits().rollback()");
            float[] row = new Feeder(executor, model.vocabularySize()).feed(sequence,
                    Arrays.copyOfRange(tokens, kept, TOKENS));
            assertEquals(TOKENS, sequence.length());
            double distance = Feeder.distance(expected[TOKENS - 1], row);
            assertTrue(distance <= bench.contract().tolerance(), () -> "after truncate logits differ by " + distance);
        }
    }

    private void compare(Feature feature, float[] expected, float[] actual, int token) {
        double distance = Feeder.distance(expected, actual);
        assertTrue(distance <= bench.contract().tolerance(),
                () -> "features() declares " + feature + ", but logits after token " + token + " differ by " + distance
                        + " from the reference, " + bench.contract().tolerance()
                        + " is allowed: mend the computation, or do not declare " + feature + ".");
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotDeclaredIsLookedAtWithoutHarm() {
        List<Feature> others = new ArrayList<>(List.of(Feature.values()));
        others.removeAll(bench.backend().features());
        return others.stream().map(feature -> DynamicTest.dynamicTest(feature.description(), () -> {
            Fit fit = bench.backend().fit(new FeatureModels(SEED).of(feature), bench.device(),
                    bench.options());
            if (fit instanceof Fit.Refused refused) {
                Bench.assertSentence(refused.reason());
            }
        }));
    }
}
