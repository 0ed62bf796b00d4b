/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Progress;
import dev.millrace.api.Sampling;
import dev.millrace.json.Json;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the makers of each family recommend, in the form in which they publish it, with the ids of a small vocabulary. */
class FamilyAdviceTest {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            llama2     | "do_sample": true, "max_length": 4096, "temperature": 0.6, "top_p": 0.9               | 2           | 0.6, 50, 0.9, 0, 1
            llama3     | "do_sample": true, "temperature": 0.6, "top_p": 0.9                                   | 301,308,309 | 0.6, 50, 0.9, 0, 1
            mistral    |                                                                                       | 2           | 0, 0, 1, 0, 1
            smollm3    | "do_sample": true, "temperature": 0.6, "top_p": 0.95                                  | 12          | 0.6, 50, 0.95, 0, 1
            qwen2      | "do_sample": true, "repetition_penalty": 1.05, "temperature": 0.7, "top_p": 0.8, "top_k": 20 | 45,43  | 0.7, 20, 0.8, 0, 1.05
            qwen3      | "do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95                     | 45,43       | 0.6, 20, 0.95, 0, 1
            qwen3-yarn | "do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95                     | 45,43       | 0.6, 20, 0.95, 0, 1
            qwen3moe   | "do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95                     | 45,43       | 0.6, 20, 0.95, 0, 1
            gemma2     | "_from_model_config": true, "cache_implementation": "hybrid"                          | 1,107       | 0, 0, 1, 0, 1
            gemma3     | "cache_implementation": "hybrid", "do_sample": true, "top_k": 64, "top_p": 0.95       | 1,106       | 1, 64, 0.95, 0, 1
            phi3       | "_from_model_config": true                                                            | 300,301,307 | 0, 0, 1, 0, 1
            phi4mini   | "_from_model_config": true                                                            | 220,199     | 0, 0, 1, 0, 1
            granite    | "_from_model_config": true                                                            | 0           | 0, 0, 1, 0, 1
            olmo2      | "_from_model_config": true                                                            | 257         | 0, 0, 1, 0, 1
            gptoss     | "do_sample": true                                                                     | 202,199,212 | 1, 50, 1, 0, 1
            """)
    void samplingEndsAndContextAreThoseOfTheFiles(String family, String generation, String ends, String sampling)
            throws IOException {
        Path golden = Shared.path("golden/families/" + family);
        double[] values = Arrays.stream(sampling.split(", ", -1)).mapToDouble(Double::parseDouble).toArray();
        Sampling expected = new Sampling(values[0], (int) values[1], values[2], values[3], values[4],
                OptionalLong.empty());
        Set<Integer> ids = Arrays.stream(ends.split(",", -1)).map(Integer::valueOf)
                .collect(Collectors.toCollection(TreeSet::new));
        for (String form : List.of("config.json", "config-older-keys.json")) {
            Map<String, Object> config = new LinkedHashMap<>();
            ((Map<?, ?>) Objects.requireNonNull(Json.parse(Files.readString(golden.resolve(form)))))
                    .forEach((key, value) -> config.put(String.valueOf(key), value));
            Object context = Objects.requireNonNull(config.get("max_position_embeddings"));
            Path folder = folder(golden, config, generation, ids, temporary.resolve(form));
            try (ModelFile model = GoldenModelsTest.open(folder)) {
                assertEquals(expected, model.sampling());
                assertEquals(ids, new TreeSet<>(model.endTokens()));
                assertEquals(context, (long) model.blueprint().contextLength());
            }
            Path converted = temporary.resolve(form + ".gguf");
            Converter.convert(folder, converted, TensorType.F32, Progress.NONE);
            try (ModelFile model = GoldenModelsTest.open(converted)) {
                assertEquals(rounded(expected), rounded(model.sampling()));
                assertEquals(ids, new TreeSet<>(model.endTokens()));
                assertEquals(context, (long) model.blueprint().contextLength());
            }
        }
    }

    /** The golden folder with what the makers recommend; the ids of the ends stand in one file or the other. */
    private static Path folder(Path golden, Map<String, Object> config, String generation, Set<Integer> ids,
            Path folder)
            throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(golden)) {
            for (Path file : files.filter(f -> !f.toString().endsWith(".gguf")).toList()) {
                Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        config.put("eos_token_id", ids.iterator().next());
        Files.writeString(folder.resolve("config.json"), Json.write(config));
        String separator = generation == null || generation.isEmpty() ? "" : ", ";
        Files.writeString(folder.resolve("generation_config.json"),
                "{" + (generation == null ? "" : generation) + separator
                        + "\"eos_token_id\": " + (ids.size() == 1 ? ids.iterator().next() : ids) + "}");
        return folder;
    }

    private static Sampling rounded(Sampling s) {
        return new Sampling((float) s.temperature(), s.topK(), (float) s.topP(), (float) s.minP(),
                (float) s.repetitionPenalty(), s.seed());
    }

    /** Files of llama.cpp's converter: nothing recommended, the context of the folder that they were made of. */
    @ParameterizedTest
    @CsvSource({"llama2", "llama3", "smollm3", "qwen2", "qwen3", "qwen3-yarn", "qwen3moe", "gemma2", "gemma3",
            "granite",
            "olmo2", "gptoss"})
    void filesOfLlamaCppHaveTheContextOfTheirFolder(String family) throws IOException {
        Path golden = Shared.path("golden/families/" + family);
        Map<?, ?> config = (Map<?, ?>) Objects
                .requireNonNull(Json.parse(Files.readString(golden.resolve("config.json"))));
        try (ModelFile model = GoldenModelsTest.open(golden.resolve("llama-cpp.gguf"))) {
            assertEquals(config.get("max_position_embeddings"), (long) model.blueprint().contextLength());
            assertEquals(Set.of(2), model.endTokens());
            assertEquals(Sampling.greedy(), model.sampling());
        }
    }
}
