/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.formats.GgufFormat;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.json.Json;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A small model with the logits that a reference implementation makes of it.
 *
 * @param model file or folder
 * @param expected its cases
 * @param exact bound of the error with float activations, relative to the spread of the logits
 * @param fast bound of the middle error of the cases with rounded ones
 */
record Golden(Path model, Path expected, double exact, double fast) {

    /** Those of a folder with reference data. */
    static List<Golden> all(Path shared) throws IOException {
        List<Golden> all = new ArrayList<>();
        for (String kind : List.of("dense", "moe")) {
            double fast = kind.equals("moe") ? 0.11 : 0.08;
            for (String type : List.of("f32", "q8_0", "q4_0")) {
                Path file = shared.resolve("golden/models/" + kind + "-" + type);
                all.add(new Golden(Path.of(file + ".gguf"), Path.of(file + ".json"), type.equals("f32") ? 1e-4 : 1e-3,
                        type.equals("f32") ? 3e-2 : fast));
            }
            Path folder = shared.resolve("golden/models/" + kind + "-hf");
            all.add(new Golden(folder, folder.resolve("expected.json"), 1e-4, 3e-2));
        }
        Path families = shared.resolve("golden/families");
        if (Files.isDirectory(families)) {
            try (var list = Files.list(families)) {
                list.sorted().forEach(f -> all.add(new Golden(f, f.resolve("expected.json"), 1e-4, 3e-2)));
            }
        }
        return all.stream().filter(g -> Files.exists(g.expected)).toList();
    }

    ModelFile open() {
        return Files.isDirectory(model) ? new SafetensorsFormat().open(model) : new GgufFormat().open(model);
    }

    /** Errors of the cases. */
    List<Double> errors(Backend backend, Precision precision, KeyValueType type, int longest) throws IOException {
        List<Double> errors = new ArrayList<>();
        try (ModelFile file = open();
                Executor executor = backend.load(file.program(), backend.devices().getFirst(),
                        LoadOptions.of(600).withPrecision(precision).withKeyValues(type), Progress.NONE)) {
            if (Json.parse(Files.readString(expected)) instanceof Map<?, ?> json
                    && json.get("cases") instanceof List<?> list) {
                for (Object entry : list) {
                    if (entry instanceof Map<?, ?> c) {
                        double[] ids = numbers(c.get("ids"));
                        double[] logits = numbers(c.get("last_logits"));
                        if (ids.length <= longest) {
                            errors.add(error(executor, ids, logits));
                        }
                    }
                }
            }
        }
        return errors;
    }

    /** Half of the tokens at once, some one by one, the rest at once. */
    private static double error(Executor executor, double[] ids, double[] logits) {
        int[] tokens = Arrays.stream(ids).mapToInt(i -> (int) i).toArray();
        Step step = new Step(executor.newSequence(), logits.length);
        try (Sequence sequence = step.sequence()) {
            int half = tokens.length / 2;
            for (int from = 0; from < tokens.length;) {
                int to = from == 0 && half > 0 ? half : from < half + 3 ? from + 1 : tokens.length;
                // ropes that depend on the length want to know how long it gets
                executor.forward(List.of(step.feed(tokens, from, to, Step.Logits.LAST).reach(tokens.length)));
                from = sequence.length();
            }
            return error(logits, step.logits());
        }
    }

    private static double error(double[] expected, float[] actual) {
        double mean = Arrays.stream(expected).average().orElse(0);
        double spread = 0;
        double wrong = 0;
        for (int i = 0; i < expected.length; i++) {
            spread += (expected[i] - mean) * (expected[i] - mean);
            wrong += (expected[i] - actual[i]) * (expected[i] - actual[i]);
        }
        return Math.sqrt(wrong / spread);
    }

    private static double[] numbers(@Nullable Object list) {
        return list instanceof List<?> values
                ? values.stream().mapToDouble(n -> n instanceof Number number ? number.doubleValue() : Double.NaN)
                        .toArray()
                : new double[0];
    }
}
