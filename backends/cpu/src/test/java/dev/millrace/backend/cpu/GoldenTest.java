/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Device;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.formats.GgufFormat;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logits and greedy continuations of the reference implementation, on real files. */
class GoldenTest {

    private record Golden(String model, String expected, double exact, double fast, boolean greedy) {
    }

    /** Bounds of the golden data; 8-bit activations may cost the quantised files 8 %, single cases with experts more. */
    private static final List<Golden> MODELS = List.of(
            new Golden("golden/models/dense-f32.gguf", "golden/models/dense-f32.json", 1e-4, 1e-2, true),
            new Golden("golden/models/moe-f32.gguf", "golden/models/moe-f32.json", 1e-4, 1e-2, true),
            new Golden("golden/models/dense-q8_0.gguf", "golden/models/dense-q8_0.json", 1e-3, 0.08, false),
            new Golden("golden/models/moe-q8_0.gguf", "golden/models/moe-q8_0.json", 1e-3, 0.11, false),
            new Golden("golden/models/dense-q4_0.gguf", "golden/models/dense-q4_0.json", 1e-3, 0.08, false),
            new Golden("golden/models/moe-q4_0.gguf", "golden/models/moe-q4_0.json", 1e-3, 0.11, false),
            new Golden("golden/models/dense-hf", "golden/models/dense-hf/expected.json", 1e-4, 1e-2, true),
            new Golden("golden/models/moe-hf", "golden/models/moe-hf/expected.json", 1e-4, 1e-2, true),
            new Golden("nano", "nano/expected.json", 1e-4, 1e-2, true));

    /** System property: true where the scalar kernels are to compute all cases, which takes minutes. */
    private static final String ALL = "millrace.golden.all";
    /** Tokens of a file's cases that the scalar kernels compute in a second or two. */
    private static final int MANY = 1000;

    @TestFactory
    Stream<DynamicTest> models() {
        return MODELS.stream().flatMap(golden -> Run.devices().flatMap(device -> Stream.of(Precision.values())
                .map(precision -> DynamicTest.dynamicTest(golden.model() + " " + device.id() + " " + precision,
                        () -> compare(golden, device, precision)))));
    }

    /** What rounding of keys and values alone costs, on files with and without experts. */
    @TestFactory
    Stream<DynamicTest> keyValueTypes() {
        return MODELS.stream().filter(Golden::greedy)
                .flatMap(golden -> Run.devices().flatMap(device -> Stream.of(KeyValueType.values())
                        .map(type -> DynamicTest.dynamicTest(golden.model() + " " + device.id() + " " + type,
                                () -> compare(golden, device, type)))));
    }

    private static void compare(Golden golden, Device device, KeyValueType type) throws IOException {
        double bound = switch (type) {
            case AUTO, F32 -> golden.exact();
            case F16 -> 1e-3;
            case Q8 -> 2e-2;
        };
        String shared = System.getProperty("millrace.shared", "");
        Path model = Path.of(shared, golden.model());
        assumeTrue(!shared.isEmpty() && Files.exists(model), "no reference data");
        try (ModelFile file = open(model);
                Executor executor = Run.BACKEND.load(file.blueprint(), device,
                        LoadOptions.of(600).withThreads(2).withPrecision(Precision.EXACT).withKeyValues(type),
                        Progress.NONE)) {
            double largest = 0;
            for (GoldenCase c : cases(golden, device)) {
                try (Sequence sequence = executor.newSequence()) {
                    double error = Run.error(c.logits(), Run.feed(executor, sequence, c.logits().length, c.ids()));
                    largest = Math.max(largest, error);
                }
            }
            System.getLogger(GoldenTest.class.getName()).log(System.Logger.Level.INFO,
                    "{0} {1} keys and values {2}: {3}",
                    golden.model(), device.id(), type, String.valueOf(largest));
            assertTrue(largest < bound, "error " + largest);
        }
    }

    private static void compare(Golden golden, Device device, Precision precision) throws IOException {
        String shared = System.getProperty("millrace.shared", "");
        Path model = Path.of(shared, golden.model());
        assumeTrue(!shared.isEmpty() && Files.exists(model), "no reference data");
        try (ModelFile file = open(model); Executor executor = Run.load(file.blueprint(), device, 2, precision, 600)) {
            List<Double> errors = new ArrayList<>();
            List<GoldenCase> cases = cases(golden, device);
            assertFalse(cases.isEmpty());
            for (GoldenCase c : cases) {
                errors.add(compare(c, executor, golden, precision));
            }
            double[] sorted = errors.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            double middle = sorted[sorted.length / 2];
            System.getLogger(GoldenTest.class.getName()).log(System.Logger.Level.INFO, "{0} {1} {2}: {3}",
                    golden.model(),
                    device.id(), precision, errors);
            assertTrue(middle < (precision == Precision.EXACT ? golden.exact() : golden.fast()), errors.toString());
            assertTrue(precision == Precision.FAST || sorted[sorted.length - 1] < golden.exact(), errors.toString());
        }
    }

    /** All cases; of many long ones the scalar kernels compute the first and the last only. */
    private static List<GoldenCase> cases(Golden golden, Device device) throws IOException {
        List<GoldenCase> cases = GoldenCase
                .read(Path.of(System.getProperty("millrace.shared", ""), golden.expected()));
        boolean few = device.id().equals("cpu:scalar") && !Boolean.getBoolean(ALL)
                && cases.stream().mapToInt(c -> c.ids().length).sum() > MANY;
        return few ? List.of(cases.getFirst(), cases.getLast()) : cases;
    }

    private static ModelFile open(Path model) {
        return Files.isDirectory(model) ? new SafetensorsFormat().open(model) : new GgufFormat().open(model);
    }

    private static double compare(GoldenCase c, Executor executor, Golden golden, Precision precision) {
        int vocabulary = c.logits().length;
        try (Sequence sequence = executor.newSequence()) {
            Step step = new Step(sequence, vocabulary).feed(c.ids(), 0, c.ids().length, Step.Logits.ALL);
            executor.forward(List.of(step));
            int rows = c.ids().length;
            float[] last = Arrays.copyOfRange(step.logits(), (rows - 1) * vocabulary, rows * vocabulary);
            if (golden.greedy() && precision == Precision.EXACT) {
                for (int i = 0; i < c.best().length; i++) {
                    float[] row = Arrays.copyOfRange(step.logits(), i * vocabulary, (i + 1) * vocabulary);
                    assertTrue(Run.best(row) == c.best()[i], "token " + i);
                }
                int[] greedy = new int[c.greedy().length];
                float[] logits = last;
                for (int i = 0; i < greedy.length; i++) {
                    greedy[i] = Run.best(logits);
                    logits = Run.feed(executor, sequence, vocabulary, greedy[i]);
                }
                assertArrayEquals(c.greedy(), greedy);
            }
            return Run.error(c.logits(), last);
        }
    }
}
