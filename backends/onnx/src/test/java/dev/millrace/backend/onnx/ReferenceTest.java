/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Trait;
import dev.millrace.json.Json;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exports of the nano model against the logits of transformers. */
class ReferenceTest {

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Case(int[] ids, float[] logits, int[] greedy) {
    }

    @TempDir
    Path folder;

    private static List<Case> cases() throws IOException {
        Path file = Path.of(System.getProperty("millrace.shared", ""), "nano", "expected.json");
        assumeTrue(Files.isRegularFile(file), () -> "no reference data: " + file);
        List<Case> cases = new ArrayList<>();
        if (Json.parse(Files.readString(file)) instanceof Map<?, ?> all && all.get("cases") instanceof List<?> list) {
            for (Object item : list) {
                Map<?, ?> fields = (Map<?, ?>) item;
                double[] logits = numbers(fields, "last_logits");
                float[] floats = new float[logits.length];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = (float) logits[i];
                }
                cases.add(new Case(whole(fields, "ids"), floats, whole(fields, "greedy")));
            }
        }
        assertEquals(11, cases.size());
        return cases;
    }

    private static double[] numbers(Map<?, ?> fields, String key) {
        List<?> list = assertInstanceOf(List.class, fields.get(key));
        return list.stream().mapToDouble(n -> ((Number) n).doubleValue()).toArray();
    }

    private static int[] whole(Map<?, ?> fields, String key) {
        List<?> list = assertInstanceOf(List.class, fields.get(key));
        return list.stream().mapToInt(n -> ((Number) n).intValue()).toArray();
    }

    private void compare(BlueprintExport.Options options, String graph, double bound) throws IOException {
        List<Case> cases = cases();
        OnnxBackend backend = new OnnxBackend();
        try (Executor executor = backend.load(Nano.graph(Nano.export(folder, options, graph)),
                backend.devices().getFirst(), LoadOptions.of(1024).withThreads(2).withPrecision(Precision.EXACT),
                Progress.NONE)) {
            Feeder feeder = new Feeder(executor, 2048);
            for (Case c : cases) {
                try (Sequence sequence = executor.newSequence()) {
                    float[] logits = feeder.feed(sequence, c.ids());
                    double distance = Feeder.distance(c.logits(), logits);
                    assertTrue(distance <= bound, () -> "logits differ by " + distance);
                    assertArrayEquals(c.greedy(), feeder.greedy(sequence, logits, c.greedy().length));
                }
            }
        }
    }

    @Test
    void standardOperators() throws IOException {
        compare(BlueprintExport.Options.standard(), "model.onnx", 1e-3);
    }

    @Test
    void withoutPositionsNarrowCachesExternalWeights() throws IOException {
        compare(BlueprintExport.Options.of(Trait.EXTERNAL), "model.onnx", 1e-3);
    }

    @Test
    void narrowTypesAndLimitedLogits() throws IOException {
        compare(BlueprintExport.Options.of(Trait.POSITIONS, Trait.NARROW, Trait.KEEP, Trait.SPARE_COLUMN),
                "model_fp16.onnx", 2e-2);
    }

    @Test
    void contributedOperatorsComputeTheSameAsStandardOnes() throws IOException {
        Path contributed = folder.resolve("contributed");
        Path standard = folder.resolve("standard");
        Nano.export(contributed, BlueprintExport.Options.quantised(), "model_q4.onnx");
        Nano.export(standard, BlueprintExport.Options.of(Trait.POSITIONS, Trait.SPARE_COLUMN, Trait.ROUNDED),
                "model.onnx");
        OnnxBackend backend = new OnnxBackend();
        LoadOptions options = LoadOptions.of(1024).withThreads(2).withPrecision(Precision.EXACT);
        int[] prompt = new int[200];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = (i * 37 + 11) % 2048;
        }
        try (Executor a = backend.load(Nano.graph(contributed), backend.devices().getFirst(), options, Progress.NONE);
                Executor b = backend.load(Nano.graph(standard), backend.devices().getFirst(), options, Progress.NONE)) {
            float[][] first = new Feeder(a, 2048).feedAll(a.newSequence(), prompt);
            float[][] second = new Feeder(b, 2048).feedAll(b.newSequence(), prompt);
            for (int i = 0; i < prompt.length; i++) {
                int token = i;
                double distance = Feeder.distance(first[i], second[i]);
                assertTrue(distance <= 1e-2, () -> "token " + token + " differs by " + distance);
            }
        }
    }
}
