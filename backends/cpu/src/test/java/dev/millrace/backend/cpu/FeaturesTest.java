/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that a blueprint can say, against its definition. */
@Tag("parity")
class FeaturesTest {

    private static final int VOCABULARY = FeatureModels.VOCABULARY;
    private static final int TOKENS = 150;

    private static final List<FeatureModels.Model> MODELS = FeatureModels.all(TensorType.F32);
    /** By model, since every device is compared with the same. */
    private static final Map<FeatureModels.Model, double[][]> EXPECTED = new HashMap<>();

    static Stream<Arguments> models() {
        return Run.devices().flatMap(device -> MODELS.stream().map(model -> Arguments.of(device, model)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void logitsAreThoseOfTheDefinition(Device device, FeatureModels.Model model) {
        int[] tokens = Run.tokens(TOKENS, VOCABULARY);
        double[][] expected = EXPECTED.computeIfAbsent(model, m -> new ReferenceModel(m.blueprint()).logits(tokens));
        try (Executor executor = Run.load(model.blueprint(), device, 2, Precision.EXACT);
                Sequence sequence = executor.newSequence()) {
            Step step = new Step(sequence, VOCABULARY);
            int[] cuts = {0, 3, 4, 101, 102, 103, TOKENS};
            for (int i = 1; i < cuts.length; i++) {
                executor.forward(List.of(step.feed(tokens, cuts[i - 1], cuts[i], Step.Logits.ALL).reach(TOKENS)));
                for (int t = cuts[i - 1]; t < cuts[i]; t++) {
                    int row = (t - cuts[i - 1]) * VOCABULARY;
                    float[] got = Arrays.copyOfRange(step.logits(), row, row + VOCABULARY);
                    double error = Run.error(expected[t], got);
                    assertTrue(error < 1e-4, model + " on " + device.id() + ", token " + t + ": " + error);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void statesContinueBitForBit(Device device, FeatureModels.Model model) {
        int[] tokens = Run.tokens(TOKENS, VOCABULARY);
        try (Executor executor = Run.load(model.blueprint(), device, 2, Precision.FAST);
                Sequence whole = executor.newSequence();
                Sequence first = executor.newSequence()) {
            Run.feed(executor, whole, VOCABULARY, tokens);
            Run.feed(executor, first, VOCABULARY, Arrays.copyOf(tokens, TOKENS));
            try (SequenceState state = first.export(); Sequence second = executor.newSequence(state)) {
                float[] expected = Run.feed(executor, whole, VOCABULARY, 1, 2, 3);
                assertArrayEquals(expected,
                        Run.feed(executor, second, VOCABULARY, 1, 2, 3));
            }
        }
    }

    @Test
    void everyFeatureIsTested() {
        Set<Feature> asked = EnumSet.noneOf(Feature.class);
        MODELS.forEach(model -> asked.addAll(model.blueprint().features()));
        assertEquals(EnumSet.copyOf(Run.BACKEND.features()), asked);
    }
}
