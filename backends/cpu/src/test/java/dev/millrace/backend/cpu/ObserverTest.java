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
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an observer sees of a model that reads. */
class ObserverTest {

    private static final int TOKENS = 70;

    static Stream<Device> devices() {
        return Run.devices();
    }

    private static Map<String, List<float[]>> seen(Blueprint model, Device device, int threads) {
        Map<String, List<float[]>> seen = new TreeMap<>();
        try (Executor executor = Run.load(model, device, threads, Precision.EXACT);
                Sequence sequence = executor.newSequence()) {
            assertTrue(executor.observe((matrix, values, at, columns) -> seen
                    .computeIfAbsent(matrix, any -> new ArrayList<>())
                    .add(Arrays.copyOfRange(values, at, at + columns))));
            Step step = new Step(sequence, RandomModel.VOCABULARY);
            step.feed(Run.tokens(TOKENS, RandomModel.VOCABULARY), 0, TOKENS, Step.Logits.NONE);
            executor.forward(List.of(step));
        }
        return seen;
    }

    @ParameterizedTest
    @MethodSource("devices")
    void everyMatrixIsSeenWithEachOfItsTokens(Device device) {
        Blueprint model = RandomModel.of(TensorType.F32);
        Map<String, List<float[]>> seen = seen(model, device, 2);
        Set<String> names = model.matrices().stream().map(Tensor::name).collect(Collectors.toSet());
        names.remove("embedding");
        names.remove("head"); // nobody wanted logits
        for (String name : names) {
            if (!name.contains("expert")) {
                assertEquals(TOKENS, seen.getOrDefault(name, List.of()).size(), name);
            }
        }
        for (String layer : List.of("2", "3")) {
            for (String kind : List.of(".gate", ".up", ".down")) {
                int all = 0;
                for (int e = 0; e < 5; e++) {
                    all += seen.getOrDefault(layer + ".expert" + e + kind, List.of()).size();
                }
                assertEquals(2 * TOKENS, all, "two experts work on each token");
            }
        }
    }

    /** The first matrix reads the normed embedding, which is soon computed by hand. */
    @ParameterizedTest
    @MethodSource("devices")
    void whatIsSeenIsWhatTheMatrixReads(Device device) throws Exception {
        Blueprint model = RandomModel.of(TensorType.F32);
        List<float[]> seen = seen(model, device, 1).getOrDefault("0.in", List.of());
        int[] tokens = Run.tokens(TOKENS, RandomModel.VOCABULARY);
        int hidden = model.hiddenSize();
        float[] weight = new float[hidden];
        Blueprint.Norm norm = java.util.Objects.requireNonNull(model.layers().getFirst().mixerNorms().before());
        norm.weight().read(0, 1, weight, 0);
        for (int t = 0; t < TOKENS; t++) {
            float[] row = new float[hidden];
            model.embedding().read(tokens[t], 1, row, 0);
            double squares = 0;
            for (float value : row) {
                squares += (double) value * value;
            }
            for (int i = 0; i < hidden; i++) {
                row[i] = (float) (row[i] / Math.sqrt(squares / hidden + norm.epsilon()) * weight[i]);
            }
            assertArrayEquals(row, seen.get(t), 1e-4f);
        }
    }
}
