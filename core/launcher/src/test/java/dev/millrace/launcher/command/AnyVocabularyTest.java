/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Millrace;
import dev.millrace.api.Progress;
import dev.millrace.engine.Engine;
import dev.millrace.formats.gguf.GgufMetadata;
import dev.millrace.formats.gguf.GgufWriter;
import dev.millrace.json.Json;
import dev.millrace.spi.backend.Backend;
import dev.millrace.text.dialect.Dialects;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code inspect tokens} reads the vocabulary of any GGUF file; {@code inspect model} says what runs a model. */
class AnyVocabularyTest {

    @TempDir
    Path folder;

    private static String run(int code, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(new ByteArrayInputStream(new byte[0]), new StandardOutput(out),
                new PrintStream(err, true, StandardCharsets.UTF_8), false, false, false, false);
        List<Backend> backends = ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get).toList();
        try (Millrace millrace = Millrace.start()) {
            assertEquals(code, new MillraceCommand(new Workplace(assertInstanceOf(Engine.class, millrace), backends,
                    Dialects.builtIn(), console, "0.1.0", List.of(), List.of(), List.of(),
                    List.of(), List.of())).execute(arguments), err::toString);
        }
        return code == 0 ? out.toString(StandardCharsets.UTF_8) : err.toString(StandardCharsets.UTF_8);
    }

    private static Map<?, ?> object(String json) {
        return assertInstanceOf(Map.class, Json.parse(json));
    }

    /** A file of a family that nobody knows, without a tensor. */
    @Test
    void aFileThatHoldsAVocabularyAlone() throws IOException {
        Path file = folder.resolve("vocabulary.gguf");
        String t = "tokenizer.ggml.";
        GgufMetadata metadata = new GgufMetadata().text("general.architecture", "made-up").text(t + "model", "gpt2")
                .text(t + "pre", "gpt-2").texts(t + "tokens", List.of("a", "b", "ab", "c", "<|end|>"))
                .numbers(t + "token_type", 1, 1, 1, 1, 3).texts(t + "merges", List.of("a b"));
        GgufWriter.write(file, metadata, List.of(), written -> {
        }, Progress.NONE);
        Path text = Files.writeString(folder.resolve("text"), "abca");
        Map<?, ?> tokens = object(
                run(0, "inspect", "tokens", "--model", file.toString(), "--text-file", text.toString()));
        assertEquals(List.of(2L, 3L, 0L), tokens.get("ids"));
        assertEquals("abca", tokens.get("decoded"));
        String model = run(1, "inspect", "model", "--model", file.toString());
        assertTrue(model.contains("made-up") && model.lines().count() == 1, model);
    }

    @Test
    void aFileWithoutAVocabularySaysSo() throws IOException {
        Path file = folder.resolve("bare.gguf");
        GgufWriter.write(file, new GgufMetadata().text("general.architecture", "made-up"), List.of(), written -> {
        }, Progress.NONE);
        Path text = Files.writeString(folder.resolve("text"), "abca");
        String problem = run(1, "inspect", "tokens", "--model", file.toString(), "--text-file", text.toString());
        assertTrue(problem.contains("vocabulary: the file has none"), problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "falcon", "deepseek-coder"})
    void vocabulariesOfOtherArchitectures(String name) throws IOException {
        Path folderOfAll = Path.of(System.getProperty("millrace.shared", ""), "golden", "tokenizers");
        assumeTrue(Files.exists(folderOfAll.resolve(name + ".gguf")), "no reference data");
        String mark = "\n__ggml_vocab_test__\n";
        List<String> texts = List.of(Files.readString(folderOfAll.resolve(name + ".gguf.inp")).split(mark));
        List<String> lines = Files.readAllLines(folderOfAll.resolve(name + ".gguf.out"));
        Path batch = Files.writeString(folder.resolve("texts.json"), Json.write(texts));
        List<?> results = assertInstanceOf(List.class, Json.parse(run(0, "inspect", "tokens", "--batch", "--model",
                folderOfAll.resolve(name + ".gguf").toString(), "--text-file", batch.toString())));
        assertEquals(texts.size(), results.size());
        for (int i = 0; i < results.size(); i++) {
            List<Long> expected = Arrays.stream(lines.get(i).trim().split("\\s+")).filter(s -> !s.isEmpty())
                    .map(Long::valueOf).toList();
            assertEquals(expected, ((Map<?, ?>) results.get(i)).get("ids"), texts.get(i));
        }
    }

    @Test
    void aModelIsToldWhoRunsIt() throws IOException {
        run(0, "synth", "tiny", folder.resolve("tiny.gguf").toString(), "--quant", "q8_0");
        Map<?, ?> model = object(run(0, "inspect", "model", "--model", folder.resolve("tiny.gguf").toString()));
        List<?> backends = assertInstanceOf(List.class, model.get("backends"));
        assertTrue(backends.stream().map(one -> assertInstanceOf(Map.class, one))
                .anyMatch(one -> "cpu:scalar".equals(one.get("device")) && Boolean.TRUE.equals(one.get("runs"))),
                backends::toString);
    }
}
