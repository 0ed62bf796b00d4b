/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Progress;
import dev.millrace.json.Json;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.TensorType;
import dev.millrace.tck.ReferenceExecutor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Families beside LFM2: what each of their files says, computed by formula, is what transformers computes. */
class FamiliesTest {

    private static final double BOUND = 1e-4;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3", "gptoss", "granite", "llama2", "llama3", "mistral", "olmo2", "phi3",
            "phi4mini", "qwen2", "qwen3", "qwen3-yarn", "qwen3moe", "smollm3"})
    void computesAsTheReferenceDoes(String family) throws IOException {
        Path golden = Shared.path("golden/families/" + family);
        compare(golden, golden, "folder");
        Path older = Files.createDirectory(temporary.resolve("older"));
        try (Stream<Path> files = Files.list(golden)) {
            for (Path file : files.toList()) {
                Files.copy(file, older.resolve(file.getFileName()));
            }
        }
        Path config = older.resolve("config.json");
        config.toFile().setWritable(true);
        Files.copy(older.resolve("config-older-keys.json"), config, StandardCopyOption.REPLACE_EXISTING);
        compare(golden, older, "older keys");
        Path own = temporary.resolve("own.gguf");
        Converter.convert(golden, own, TensorType.F32, Progress.NONE);
        compare(golden, own, "own GGUF");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3", "gptoss", "granite", "llama2", "llama3", "olmo2", "qwen2", "qwen3",
            "qwen3-yarn", "qwen3moe", "smollm3"})
    void readsWhatLlamaCppWrites(String family) throws IOException {
        Path golden = Shared.path("golden/families/" + family);
        compare(golden, golden.resolve("llama-cpp.gguf"), "llama.cpp's GGUF");
    }

    private static void compare(Path golden, Path file, String what) throws IOException {
        Map<?, ?> expected = (Map<?, ?>) Objects
                .requireNonNull(Json.parse(Files.readString(golden.resolve("expected.json"))));
        try (ModelFile model = GoldenModelsTest.open(file)) {
            Blueprint blueprint = model.blueprint();
            assertEquals(List.of(), model.unusedTensors());
            ReferenceExecutor reference = new ReferenceExecutor(blueprint);
            for (Object each : list(expected, "cases")) {
                Map<?, ?> one = (Map<?, ?>) each;
                int[] ids = list(one, "ids").stream().mapToInt(id -> ((Long) id).intValue()).toArray();
                float[][] logits = reference.logits(ids);
                double[] last = list(one, "last_logits").stream().mapToDouble(v -> ((Number) v).doubleValue())
                        .toArray();
                double error = error(last, logits[ids.length - 1]);
                assertTrue(error < BOUND, what + ", " + ids.length + " tokens: off by " + error);
            }
        }
    }

    private static List<?> list(Map<?, ?> map, String key) {
        return (List<?>) Objects.requireNonNull(map.get(key));
    }

    /** Root mean square error over the standard deviation of what is right. */
    private static double error(double[] right, float[] found) {
        assertEquals(right.length, found.length);
        double mean = 0;
        for (double value : right) {
            mean += value / right.length;
        }
        double squares = 0;
        double variance = 0;
        for (int i = 0; i < right.length; i++) {
            squares += (right[i] - found[i]) * (right[i] - found[i]);
            variance += (right[i] - mean) * (right[i] - mean);
        }
        return Math.sqrt(squares / variance);
    }
}
