/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.formats.Converter;
import dev.millrace.formats.GgufFormat;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Other families: states between devices, rewinds, and what 8-bit activations cost. */
class FamilyStatesTest {

    private static final Path FAMILIES = Path.of(System.getProperty("millrace.shared", ""), "golden", "families");

    /**
     * Errors that 8-bit activations may cost, relative to the spread of the logits: as for the reference data of LFM2, dense and
     * with experts. There they are those of transformers with activations rounded in the same way.
     */
    private static final double DENSE = 0.08;
    private static final double EXPERTS = 0.11;

    @TempDir
    Path temporary;

    private static List<Path> folders() throws IOException {
        assumeTrue(!System.getProperty("millrace.shared", "").isEmpty() && Files.isDirectory(FAMILIES),
                "no reference data");
        try (Stream<Path> folders = Files.list(FAMILIES)) {
            return folders.sorted().toList();
        }
    }

    /** With activations in 8 bits, on quantised files of our converter, against the floats of those files. */
    @TestFactory
    Stream<DynamicTest> fastStaysWithinItsBounds() throws IOException {
        return folders().stream().flatMap(folder -> Stream.of(TensorType.Q8_0, TensorType.Q4_0)
                .map(type -> DynamicTest.dynamicTest(folder.getFileName() + " " + type, () -> fast(folder, type))));
    }

    private void fast(Path folder, TensorType type) throws IOException {
        Path gguf = temporary.resolve(folder.getFileName() + "-" + type + ".gguf");
        Converter.convert(folder, gguf, type, Progress.NONE);
        List<GoldenCase> cases = GoldenCase.read(folder.resolve("expected.json"));
        try (ModelFile file = new GgufFormat().open(gguf)) {
            boolean experts = file.blueprint().layers().stream()
                    .anyMatch(l -> l.feedForward() instanceof Blueprint.Experts);
            for (Device device : Run.devices().toList()) {
                List<Double> errors = new ArrayList<>();
                try (Executor exact = Run.load(file.blueprint(), device, 2, Precision.EXACT, 256);
                        Executor fast = Run.load(file.blueprint(), device, 2, Precision.FAST, 256)) {
                    for (GoldenCase c : cases) {
                        try (Sequence a = exact.newSequence(); Sequence b = fast.newSequence()) {
                            float[] right = Run.feed(exact, a, c.logits().length, c.ids());
                            errors.add(Run.error(doubles(right), Run.feed(fast, b, c.logits().length, c.ids())));
                        }
                    }
                }
                System.getLogger(FamilyStatesTest.class.getName()).log(System.Logger.Level.INFO, "{0} {1} {2}: {3}",
                        folder.getFileName(), type, device.id(), errors);
                double middle = errors.stream().sorted().toList().get(errors.size() / 2);
                assertTrue(middle < (experts ? EXPERTS : DENSE), device.id() + ": " + errors);
            }
        }
    }

    private static double[] doubles(float[] values) {
        double[] all = new double[values.length];
        Arrays.setAll(all, i -> values[i]);
        return all;
    }

    /** A conversation goes from each device to each, in the middle of the longest case, and back. */
    @TestFactory
    Stream<DynamicTest> statesGoFromDeviceToDevice() throws IOException {
        return folders().stream().map(folder -> DynamicTest.dynamicTest(String.valueOf(folder.getFileName()),
                () -> states(folder)));
    }

    private static void states(Path folder) throws IOException {
        GoldenCase c = GoldenCase.read(folder.resolve("expected.json")).getLast();
        try (ModelFile file = new SafetensorsFormat().open(folder)) {
            for (Device from : Run.devices().toList()) {
                for (Device to : Run.devices().toList()) {
                    try (Executor first = load(file, from); Executor second = load(file, to)) {
                        for (int cut : new int[]{20, 70, 130}) {
                            moves(c, first, second, cut, from.id() + " to " + to.id() + " after " + cut);
                        }
                    }
                }
            }
        }
    }

    private static void moves(GoldenCase c, Executor first, Executor second, int cut, String what) {
        int vocabulary = c.logits().length;
        int end = c.ids().length;
        try (Sequence begun = first.newSequence()) {
            feed(first, begun, vocabulary, c.ids(), 0, cut, end);
            try (SequenceState state = begun.export();
                    Sequence moved = second.newSequence(state);
                    SequenceState again = moved.export();
                    Sequence back = first.newSequence(again)) {
                assertEquals(cut, moved.length());
                float[] there = feed(second, moved, vocabulary, c.ids(), cut, end, end);
                double error = Run.error(c.logits(), there);
                assertTrue(error < 1e-4, what + ": " + error);
                float[] stayed = feed(first, begun, vocabulary, c.ids(), cut, end, end);
                assertArrayEquals(stayed, feed(first, back, vocabulary, c.ids(), cut, end, end),
                        what + ", there and back");
                // cut back by a few tokens, and on again
                assertTrue(moved.truncate(end - 8));
                assertArrayEquals(there, feed(second, moved, vocabulary, c.ids(), end - 8, end, end));
            }
        }
    }

    private static Executor load(ModelFile file, Device device) {
        return Run.BACKEND.load(file.blueprint(), device,
                LoadOptions.of(256).withThreads(2).withPrecision(Precision.EXACT), Progress.NONE);
    }

    private static float[] feed(Executor executor, Sequence sequence, int vocabulary, int[] ids, int from, int to,
            int reach) {
        Step step = new Step(sequence, vocabulary)
                .feed(ids, from, to, Step.Logits.LAST).reach(reach);
        executor.forward(List.of(step));
        return Arrays.copyOf(step.logits(), vocabulary);
    }
}
