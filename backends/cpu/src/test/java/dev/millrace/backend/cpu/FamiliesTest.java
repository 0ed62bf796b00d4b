/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.formats.GgufFormat;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Models of other families, as Hugging Face folders and as GGUF files, against the reference implementation. */
@Tag("parity")
class FamiliesTest {

    private static final Path FAMILIES = Path.of(System.getProperty("millrace.shared", ""), "golden", "families");

    /** Logits that lie closer, in standard deviations, may come in either order. */
    private static final double NEAR = 1e-3;

    @TestFactory
    Stream<DynamicTest> families() throws IOException {
        assumeTrue(!System.getProperty("millrace.shared", "").isEmpty() && Files.isDirectory(FAMILIES),
                "no reference data");
        try (Stream<Path> folders = Files.list(FAMILIES)) {
            return folders.sorted().toList().stream()
                    .flatMap(folder -> Stream.of(folder, folder.resolve("llama-cpp.gguf")).filter(Files::exists))
                    .flatMap(model -> Run.devices().map(device -> DynamicTest.dynamicTest(
                            FAMILIES.relativize(model) + " " + device.id(), () -> compare(model, device))));
        }
    }

    private static void compare(Path model, Device device) throws IOException {
        boolean folder = Files.isDirectory(model);
        List<GoldenCase> cases = GoldenCase
                .read(folder ? model.resolve("expected.json") : model.resolveSibling("expected.json"));
        assertFalse(cases.isEmpty());
        try (ModelFile file = folder ? new SafetensorsFormat().open(model) : new GgufFormat().open(model);
                Executor executor = Run.load(file.blueprint(), device, 2, Precision.EXACT, 256)) {
            for (GoldenCase c : cases) {
                try (Sequence sequence = executor.newSequence()) {
                    compare(c, executor, sequence);
                }
            }
        }
    }

    private static void compare(GoldenCase c, Executor executor, Sequence sequence) {
        int vocabulary = c.logits().length;
        int rows = c.ids().length;
        Step step = new Step(sequence, vocabulary).feed(c.ids(), 0, rows, Step.Logits.ALL);
        executor.forward(List.of(step));
        for (int t = 0; t < rows; t++) {
            best(c.best()[t], Arrays.copyOfRange(step.logits(), t * vocabulary, (t + 1) * vocabulary),
                    "best after token " + t);
        }
        float[] logits = Arrays.copyOfRange(step.logits(), (rows - 1) * vocabulary, rows * vocabulary);
        double error = Run.error(c.logits(), logits);
        assertTrue(error < 1e-4, "error " + error);
        for (int i = 0; i < c.greedy().length; i++) {
            best(c.greedy()[i], logits, "greedy token " + i);
            logits = Run.feed(executor, sequence, vocabulary, c.greedy()[i]);
        }
    }

    /** The token must be the best, or as good as that. */
    private static void best(int expected, float[] logits, String what) {
        int found = Run.best(logits);
        double[] all = new double[logits.length];
        Arrays.setAll(all, i -> logits[i]);
        double mean = Arrays.stream(all).average().orElseThrow();
        double deviation = Math.sqrt(Arrays.stream(all).map(x -> (x - mean) * (x - mean)).average().orElseThrow());
        if (logits[found] - logits[expected] > NEAR * deviation) {
            assertEquals(expected, found, what);
        }
    }
}
