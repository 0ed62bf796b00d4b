/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Options;
import dev.millrace.backend.onnx.export.BlueprintExport.Trait;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The forms in which decoders are published, each computed as the CPU backend computes the tensors. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublishedFormsTest {

    private static final int VOCABULARY = 2048;
    private static final int CONTEXT = 128;
    private static final double BOUND = 1e-3;
    private static final double HALF_BOUND = 0.1;

    @TempDir
    Path folder;

    private ModelFile tensors;
    private Executor cpu;
    private int[] prompt;
    private float[][] expected;

    private static Executor load(Backend backend, Program program) {
        return backend.load(program, backend.devices().getFirst(),
                LoadOptions.of(CONTEXT).withThreads(2).withPrecision(Precision.EXACT), Progress.NONE);
    }

    @BeforeAll
    void reference() {
        tensors = Nano.tensors();
        cpu = load(new CpuBackend(), tensors.program());
        prompt = new int[20];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = (i * 53 + 29) % VOCABULARY;
        }
        expected = new Feeder(cpu, VOCABULARY).feedAll(cpu.newSequence(), prompt);
    }

    @AfterAll
    void close() {
        cpu.close();
        tensors.close();
    }

    private Path exported(String name, Options options, String graph) throws IOException {
        return Nano.export(folder.resolve(name), options, graph);
    }

    /** All logits of a prompt, then tokens one by one, then several sequences at once, then a move there and back. */
    private void computes(Path path) {
        try (Executor onnx = load(new OnnxBackend(), Nano.graph(path))) {
            Feeder feeder = new Feeder(onnx, VOCABULARY);
            Sequence whole = onnx.newSequence();
            float[][] all = feeder.feedAll(whole, prompt);
            assertClose(all, 0);
            Sequence single = onnx.newSequence();
            for (int i = 0; i < 6; i++) {
                close(expected[i], feeder.feed(single, prompt[i]), "token " + i);
            }
            Sequence rest = single.fork();
            close(expected[19], feeder.feed(rest, Arrays.copyOfRange(prompt, 6, 20)), "the rest at once");
            List<Step> steps = new ArrayList<>();
            List<Sequence> rows = List.of(single.fork(), whole, single.fork(), single.fork());
            for (Sequence row : rows) {
                int next = row.length() < prompt.length ? prompt[row.length()] : 7;
                steps.add(new Step(row, VOCABULARY).feed(new int[]{next}, 0, 1, Step.Logits.LAST));
            }
            onnx.forward(steps);
            for (int i : new int[]{0, 2, 3}) {
                close(expected[6], steps.get(i).logits(), "in a batch");
            }
            try (SequenceState state = single.export(); Sequence there = cpu.newSequence(state)) {
                close(expected[6], new Feeder(cpu, VOCABULARY).feed(there, prompt[6]), "on the CPU backend");
                try (SequenceState again = there.export(); Sequence back = onnx.newSequence(again)) {
                    close(expected[7], feeder.feed(back, prompt[7]), "and back");
                }
            }
        }
    }

    private void assertClose(float[][] all, int from) {
        for (int i = 0; i < all.length; i++) {
            close(expected[from + i], all[i], "token " + (from + i));
        }
    }

    private static void close(float[] expected, float[] found, String what) {
        double distance = Feeder.distance(expected, found);
        assertTrue(distance <= BOUND, () -> what + " differs by " + distance);
    }

    // ---- sizes that a graph leaves open

    @Test
    void aSymbolicHeadSizeStandsInGenaiConfig() throws IOException {
        Path path = exported("genai", Options.of(Trait.FREE_SIZES, Trait.SPARE_COLUMN), "model.onnx");
        Files.delete(path.resolve("config.json"));
        Files.writeString(path.resolve("genai_config.json"), """
                {"model": {"type": "lfm2", "vocab_size": 2048, "context_length": 4096, "eos_token_id": [4],
                 "decoder": {"filename": "onnx/model.onnx", "head_size": 64, "num_key_value_heads": 2}}}
                """);
        computes(path);
    }

    @Test
    void aSymbolicHeadSizeStandsInConfig() throws IOException {
        Path path = exported("head_dim", Options.of(Trait.FREE_SIZES), "model.onnx");
        Path config = path.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("\"hidden_size\": 256,",
                "\"hidden_size\": 256, \"head_dim\": 64,").replace("\"num_attention_heads\": 4,", ""));
        computes(path);
    }

    @Test
    void aSymbolicHeadSizeFollowsFromTheWidth() throws IOException {
        computes(exported("width", Options.of(Trait.FREE_SIZES), "model.onnx"));
    }

    // ---- logits and rows

    @Test
    void logitsOfTheLastTokenAlone() throws IOException {
        computes(exported("last", Options.of(Trait.LAST_LOGITS), "model.onnx"));
        computes(exported("flat", Options.of(Trait.FLAT_LOGITS), "model.onnx"));
    }

    @Test
    void aBatchOfOne() throws IOException {
        computes(exported("row", Options.of(Trait.ONE_ROW, Trait.POSITIONS), "model.onnx"));
    }

    // ---- names and inputs

    @Test
    void cachePosition() throws IOException {
        computes(exported("position", Options.of(Trait.CACHE_POSITION), "model.onnx"));
    }

    @Test
    void lengthsInPlaceOfTheMask() throws IOException {
        computes(exported("lengths", Options.of(Trait.LENGTHS, Trait.ONE_ROW), "model.onnx"));
        computes(exported("lengths-contributed", Options.of(Trait.LENGTHS, Trait.POSITIONS), "model.onnx"));
    }

    @Test
    void mergedDecoders() throws IOException {
        computes(exported("merged", Options.of(Trait.BRANCH), "decoder_model_merged.onnx"));
        assertEquals("fp32", Nano.graph(folder.resolve("merged")).variants().getFirst().name());
    }

    @Test
    void olderNamesOfCaches() throws IOException {
        computes(exported("past", Options.of().named(name -> name.replace("past_key_values.", "past.")
                .replace("past_conv.", "past.conv.").replace("present_conv.", "present.conv.")), "model.onnx"));
        computes(exported("present", Options.of().named(name -> name.replace("present.", "present_key_values.")),
                "model.onnx"));
    }

    @Test
    void namesOfGenaiConfigAndAGraphInAFolderInside() throws IOException {
        Path path = folder.resolve("renamed");
        Nano.export(path,
                Options.of().named(name -> name.replace("input_ids", "tokens").replace("attention_mask", "seen")
                        .replaceFirst("past_key_values\\.(\\d+)\\.(key|value)", "layers.$1.$2_in")
                        .replaceFirst("present\\.(\\d+)\\.(key|value)", "layers.$1.$2_out")
                        .replace("logits", "scores")),
                "decoder.onnx");
        Files.move(path.resolve("onnx"), path.resolve("cpu"));
        Files.writeString(path.resolve("genai_config.json"), """
                {"model": {"type": "lfm2", "vocab_size": 2048, "context_length": 4096, "eos_token_id": [4],
                 "decoder": {"filename": "cpu/decoder.onnx", "inputs": {"input_ids": "tokens", "attention_mask": "seen",
                 "past_key_names": "layers.%d.key_in", "past_value_names": "layers.%d.value_in"},
                 "outputs": {"logits": "scores", "present_key_names": "layers.%d.key_out",
                 "present_value_names": "layers.%d.value_out"}}}}
                """);
        computes(path);
        computes(path.resolve("cpu/decoder.onnx"));
    }

    @Test
    void aVariantThatCannotBeRunGivesWay() throws IOException {
        // a graph that is read without complaint, and fails when it is run
        Path path = exported("fallback", Options.of(Trait.POSITIONS), "model.onnx");
        Path broken = path.resolve("onnx").resolve("model_q4.onnx");
        BlueprintExport.writeFailing(tensors.blueprint(), broken);
        OnnxBackend backend = new OnnxBackend();
        try (Executor executor = backend.load(Nano.graph(path), backend.devices().getFirst(),
                LoadOptions.of(CONTEXT).withThreads(1), Progress.NONE)) {
            assertEquals("fp32", executor.variant());
            close(expected[0], new Feeder(executor, VOCABULARY).feed(executor.newSequence(), prompt[0]), "instead");
        }
    }

    @Test
    void attentionInHalfPrecision() throws IOException {
        Path narrow = exported("half", Options.of(Trait.CONTRIBUTED, Trait.HALF_ATTENTION), "model_q4f16.onnx");
        Path wide = exported("whole", Options.of(Trait.CONTRIBUTED), "model_q4.onnx");
        try (Executor a = load(new OnnxBackend(), Nano.graph(narrow));
                Executor b = load(new OnnxBackend(), Nano.graph(wide))) {
            Sequence first = a.newSequence();
            float[][] found = new Feeder(a, VOCABULARY).feedAll(first, prompt);
            float[][] wanted = new Feeder(b, VOCABULARY).feedAll(b.newSequence(), prompt);
            for (int i = 0; i < prompt.length; i++) {
                int token = i;
                double distance = Feeder.distance(wanted[i], found[i]);
                assertTrue(distance <= HALF_BOUND, () -> "token " + token + " differs by " + distance);
            }
            try (SequenceState state = first.export(); Sequence there = cpu.newSequence(state)) {
                assertEquals(prompt.length, there.length());
            }
        }
    }

    @Test
    void attentionThatTheProcessorDoesNotTakeGivesWay() throws IOException {
        Path path = exported("webgpu", Options.of(Trait.CONTRIBUTED, Trait.HALF_ATTENTION, Trait.ODD_ROPE),
                "model_q4f16.onnx");
        String message = assertThrows(BackendException.class, () -> load(new OnnxBackend(), Nano.graph(path)))
                .getMessage();
        assertTrue(message.contains("model_q4f16.onnx") && message.contains("GroupQueryAttention")
                && message.contains("take another variant"), message);
        Path other = exported("webgpu", Options.standard(), "model_q8.onnx");
        try (Executor executor = load(new OnnxBackend(), Nano.graph(other))) {
            assertEquals("q8", executor.variant());
            close(expected[0], new Feeder(executor, VOCABULARY).feed(executor.newSequence(), prompt[0]), "instead");
        }
        // in a process of its own it is told in the same words
        OnnxBackend isolated = new OnnxBackend(TestSettings.of(Map.of("isolated", "true", "variant", "q4f16")));
        assertEquals(message,
                assertThrows(BackendException.class, () -> load(isolated, Nano.graph(other))).getMessage());
    }
}
