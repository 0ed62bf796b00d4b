/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Options;
import dev.millrace.backend.onnx.export.BlueprintExport.Trait;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.json.Json;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exports of the model families, in folders that hold tensors and graph, against the logits of transformers. */
class FamilyExportsTest {

    private static final double BOUND = 1e-4;

    @TempDir
    Path folder;

    private static Executor load(Backend backend, Program program) {
        return backend.load(program, backend.devices().getFirst(),
                LoadOptions.of(256).withThreads(2).withPrecision(Precision.EXACT), Progress.NONE);
    }

    private ModelFile joined(String family) throws IOException {
        Path golden = Path.of(System.getProperty("millrace.shared", ""), "golden", "families", family);
        assumeTrue(Files.isDirectory(golden), () -> "no reference data: " + golden);
        try (Stream<Path> files = Files.list(golden)) {
            for (Path file : files.filter(one -> !one.toString().endsWith(".gguf")).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Files.createDirectory(folder.resolve("onnx"));
        try (ModelFile tensors = new SafetensorsFormat().open(folder)) {
            BlueprintExport.write(tensors.blueprint(), Options.of(Trait.POSITIONS, Trait.FREE_SIZES),
                    folder.resolve("onnx").resolve("model.onnx"));
        }
        return new SafetensorsFormat().open(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3", "gptoss", "granite", "llama2", "llama3", "mistral", "olmo2", "phi3",
            "phi4mini", "qwen2", "qwen3", "qwen3-yarn", "qwen3moe", "smollm3"})
    void computeAsTheReferenceDoesAndExchangeStates(String family) throws IOException {
        try (ModelFile file = joined(family)) {
            assertEquals(2, file.programs().size(), () -> file.notes().toString());
            Map<?, ?> all = (Map<?, ?>) Objects
                    .requireNonNull(Json.parse(Files.readString(folder.resolve("expected.json"))));
            Graph graph = (Graph) file.programs().getLast();
            try (Executor onnx = load(new OnnxBackend(), graph);
                    Executor cpu = load(new CpuBackend(), file.programs().getFirst())) {
                for (Object item : (List<?>) Objects.requireNonNull(all.get("cases"))) {
                    Map<?, ?> one = (Map<?, ?>) item;
                    int[] ids = numbers(one, "ids").mapToInt(Number::intValue).toArray();
                    double[] last = numbers(one, "last_logits").mapToDouble(Number::doubleValue).toArray();
                    near(last, new Feeder(onnx, graph.vocabularySize()).feed(onnx.newSequence(), ids), family);
                    if (ids.length <= 41) {
                        moved(file, onnx, cpu, ids, last);
                        moved(file, cpu, onnx, ids, last);
                    }
                }
            }
        }
    }

    /** The last two tokens are read on the other side, if it keeps the same tokens. */
    private static void moved(ModelFile file, Executor from, Executor to, int[] ids, double[] last) {
        int vocabulary = file.program().vocabularySize();
        int before = ids.length - 2;
        boolean fits = file.program().stateShapes().stream()
                .allMatch(shape -> !(shape instanceof StateShape.KeyValues kv) || kv.kept(before) == before);
        try (Sequence here = from.newSequence()) {
            new Feeder(from, vocabulary).feed(here, Arrays.copyOf(ids, before));
            try (SequenceState state = here.export()) {
                if (!fits) {
                    assertThrows(IllegalArgumentException.class, () -> to.newSequence(state));
                    return;
                }
                try (Sequence there = to.newSequence(state)) {
                    near(last, new Feeder(to, vocabulary).feed(there, ids[before], ids[before + 1]), "moved");
                }
            }
        }
    }

    private static Stream<Number> numbers(Map<?, ?> map, String key) {
        return ((List<?>) Objects.requireNonNull(map.get(key))).stream().map(Number.class::cast);
    }

    /** Root mean square error over the standard deviation of what is right. */
    private static void near(double[] right, float[] found, String what) {
        double mean = Arrays.stream(right).average().orElseThrow();
        double squares = 0;
        double variance = 0;
        for (int i = 0; i < right.length; i++) {
            squares += (right[i] - found[i]) * (right[i] - found[i]);
            variance += (right[i] - mean) * (right[i] - mean);
        }
        double error = Math.sqrt(squares / variance);
        assertTrue(error < BOUND, () -> what + " is off by " + error);
    }
}
