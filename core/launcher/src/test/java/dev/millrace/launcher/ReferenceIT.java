/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.json.Json;
import dev.millrace.launcher.Program.Result;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the reference implementations say, asked through {@code inspect}. Skipped where their results are not at hand. */
final class ReferenceIT {

    @TempDir
    Path folder;

    private Path golden;
    private Program program;

    @BeforeEach
    void find() throws Exception {
        golden = Path.of(System.getProperty("millrace.shared", "none"), "golden");
        assumeTrue(Files.isDirectory(golden), "no reference data");
        program = new Program(folder);
    }

    private static List<?> list(Object value) {
        return assertInstanceOf(List.class, value);
    }

    private static Map<?, ?> map(Object value) {
        return assertInstanceOf(Map.class, value);
    }

    private List<?> batch(String... arguments) throws Exception {
        Result result = program.run(arguments);
        List<?> outputs = list(Json.parse(result.out()));
        boolean failed = outputs.stream().anyMatch(one -> one instanceof Map<?, ?> map && map.containsKey("error"));
        assertEquals(failed ? 1 : 0, result.code(), result::err);
        return outputs;
    }

    private String file(String name, Object json) throws Exception {
        return Files.writeString(folder.resolve(name), Json.write(json)).toString();
    }

    @ParameterizedTest
    @CsvSource({"dense-f32, 1e-4", "moe-f32, 1e-4", "dense-q8_0, 1e-3", "moe-q8_0, 1e-3", "dense-q4_0, 1e-3",
            "moe-q4_0, 1e-3"})
    void exactLogits(String name, double bound) throws Exception {
        Map<?, ?> reference = map(Json.parse(Files.readString(golden.resolve("models/" + name + ".json"))));
        List<?> cases = list(reference.get("cases"));
        List<?> outputs = batch("inspect", "logits", "--precision", "exact", "--model",
                golden.resolve("models/" + name + ".gguf").toString(), "--batch",
                file("ids.json", cases.stream().map(one -> map(one).get("ids")).toList()));
        assertEquals(cases.size(), outputs.size());
        for (int i = 0; i < cases.size(); i++) {
            double error = error(list(map(outputs.get(i)).get("logits")), list(map(cases.get(i)).get("last_logits")));
            assertTrue(error <= bound, name + " case " + i + ": " + error);
        }
    }

    /** Root mean square of the differences over the standard deviation of the reference. */
    private static double error(List<?> found, List<?> reference) {
        assertEquals(reference.size(), found.size());
        double mean = reference.stream().mapToDouble(ReferenceIT::number).average().orElseThrow();
        double differences = 0;
        double variance = 0;
        for (int i = 0; i < reference.size(); i++) {
            differences += Math.pow(number(found.get(i)) - number(reference.get(i)), 2);
            variance += Math.pow(number(reference.get(i)) - mean, 2);
        }
        return Math.sqrt(differences / variance);
    }

    private static double number(Object value) {
        return assertInstanceOf(Number.class, value).doubleValue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dense-f32", "moe-f32"})
    void greedyIds(String name) throws Exception {
        Map<?, ?> reference = map(Json.parse(Files.readString(golden.resolve("models/" + name + ".json"))));
        Map<?, ?> one = map(list(reference.get("cases")).getFirst());
        Result result = program.run("inspect", "greedy", "--precision", "exact", "--model",
                golden.resolve("models/" + name + ".gguf").toString(), "--ids",
                one.get("ids").toString().replaceAll("[\\[\\] ]", ""), "-n", "24");
        assertEquals(0, result.code(), result::err);
        assertEquals(one.get("greedy"), map(Json.parse(result.out())).get("ids"));
    }

    @Test
    void tokensOfTheNanoModel() throws Exception {
        Path nano = golden.resolveSibling("nano");
        List<?> cases = list(Json.parse(Files.readString(nano.resolve("tokenizer-vectors.json"))));
        List<?> outputs = batch("inspect", "tokens", "--special", "--tokenizer",
                nano.resolve("tokenizer.json").toString(),
                "--batch",
                "--text-file", file("texts.json", cases.stream().map(one -> map(one).get("text")).toList()));
        for (int i = 0; i < cases.size(); i++) {
            assertEquals(map(cases.get(i)).get("ids"), map(outputs.get(i)).get("ids"));
            assertEquals(map(cases.get(i)).get("decoded"), map(outputs.get(i)).get("decoded"));
            String text = String.valueOf(map(cases.get(i)).get("text"));
            assertEquals((long) text.getBytes(StandardCharsets.UTF_8).length, map(outputs.get(i)).get("bytes"));
        }
    }

    @Test
    void renderedTemplates() throws Exception {
        Map<String, List<Map<?, ?>>> byTemplate = new LinkedHashMap<>();
        for (Object one : list(Json.parse(Files.readString(golden.resolve("chat-renderings.json"))))) {
            if (!Boolean.TRUE.equals(map(one).get("dated"))) {
                byTemplate.computeIfAbsent(String.valueOf(map(one).get("template")), name -> new ArrayList<>())
                        .add(map(one));
            }
        }
        // one start for each template, so only some; the text room tests all of them
        for (Map.Entry<String, List<Map<?, ?>>> entry : byTemplate.entrySet().stream()
                .filter(entry -> entry.getKey().contains("LFM2")).toList()) {
            List<?> outputs = batch("inspect", "chat", "--batch", "--template",
                    golden.resolve("templates").resolve(entry.getKey()).toString(), "--input",
                    file("inputs.json", entry.getValue().stream().map(one -> one.get("input")).toList()));
            for (int i = 0; i < outputs.size(); i++) {
                Map<?, ?> one = entry.getValue().get(i);
                if (one.get("error") == null) {
                    assertEquals(one.get("expected"), outputs.get(i), entry.getKey() + " " + one.get("case"));
                } else {
                    assertTrue(map(outputs.get(i)).containsKey("error"), entry.getKey());
                }
            }
        }
    }

    @Test
    void answersTakenApart() throws Exception {
        List<?> cases = list(Json.parse(Files.readString(golden.resolve("tool-calls.json"))));
        List<?> outputs = batch("inspect", "calls", "--batch", "--text-file",
                file("texts.json", cases.stream().map(one -> map(one).get("text")).toList()));
        for (int i = 0; i < cases.size(); i++) {
            assertEquals(Json.write(map(cases.get(i)).get("expected")), Json.write(outputs.get(i)),
                    String.valueOf(map(cases.get(i)).get("id")));
        }
    }
}
