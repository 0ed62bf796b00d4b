/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.grammar.machine.GrammarException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Schemas that protocols are made of: those of MCP with their public examples, and those of OpenAI's interface. */
class PublicSchemasTest {

    private static final Path SUITES = Path.of(System.getProperty("millrace.shared", "none"), "suites");
    private static final int WALKS = 2;

    private final Map<String, Integer> refusals = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private int enforced;
    private int refused;
    private int walked;

    /** One definition with those that it refers to. */
    private static JsonNode closure(JsonNode definitions, String name) {
        ObjectNode root = Instances.MAPPER.createObjectNode();
        ObjectNode needed = root.putObject("$defs");
        ArrayDeque<String> open = new ArrayDeque<>(List.of(name));
        while (!open.isEmpty()) {
            String each = open.poll();
            if (!needed.has(each) && definitions.has(each)) {
                JsonNode copy = definitions.get(each).deepCopy();
                needed.set(each, copy);
                Set<String> found = new TreeSet<>();
                refer(copy, found);
                open.addAll(found);
            }
        }
        return root.put("$ref", "#/$defs/" + name);
    }

    /** Writes references as those of JSON Schema, and what OpenAPI calls nullable as a choice, for the other validator. */
    private static void refer(JsonNode node, Set<String> found) {
        if (node instanceof ObjectNode object) {
            JsonNode ref = object.get("$ref");
            if (ref != null && ref.isTextual()) {
                String name = ref.textValue().substring(ref.textValue().lastIndexOf('/') + 1);
                found.add(name);
                object.put("$ref", "#/$defs/" + name);
            }
            if (object.path("nullable").isBoolean()) {
                boolean nullable = object.remove("nullable").booleanValue();
                JsonNode type = object.get("type");
                if (nullable && type != null && type.isTextual() && !object.has("enum")) {
                    object.putArray("type").add(type).add("null");
                }
            }
        }
        exclusive(node, "exclusiveMinimum", "minimum");
        exclusive(node, "exclusiveMaximum", "maximum");
        node.forEach(each -> refer(each, found));
    }

    /** As newer drafts say it. */
    private static void exclusive(JsonNode node, String strict, String bound) {
        if (node instanceof ObjectNode object && object.path(strict).isBoolean()) {
            boolean excluded = object.remove(strict).booleanValue();
            if (excluded && object.has(bound)) {
                object.set(strict, object.remove(bound));
            }
        }
    }

    private static List<String> names(JsonNode definitions) {
        List<String> all = new ArrayList<>();
        definitions.fieldNames().forEachRemaining(all::add);
        return all;
    }

    private static JsonNode read(Path file) {
        try {
            return Instances.read(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check(JsonNode definitions, String name, List<Path> examples) {
        JsonNode schema = closure(definitions, name);
        Walker walker;
        try {
            walker = Walker.of(Instances.data(schema));
        } catch (GrammarException e) {
            refused++;
            assertTrue(e.getMessage().length() > 20, e.getMessage());
            refusals.merge(e.getMessage().replaceAll(".*enforced: (\"[^\"]*\").*?(cannot|is|names|\\.).*", "$1"), 1,
                    Integer::sum);
            return;
        }
        enforced++;
        var judge = Instances.judge(schema);
        for (int seed = 0; seed < WALKS; seed++) {
            String text = walker.walk(new Random(seed), 60);
            if (!text.isEmpty()) {
                walked++;
                var problems = judge.validate(Instances.read(text));
                if (!problems.isEmpty()) {
                    wrong.add(name + " wrote " + text + ": " + problems);
                }
            }
        }
        for (Path example : examples) {
            JsonNode value = read(example);
            if (judge.validate(value).isEmpty() && !walker.writes(value)) {
                wrong.add(name + " does not write the example " + example.getFileName());
            }
        }
    }

    private String report() {
        return "enforced " + enforced + ", refused " + refused + ", wrong " + wrong.size() + ", walks " + walked + " "
                + refusals;
    }

    @Test
    void schemasOfMcpAreEnforcedAndTheirExamplesWritten() throws IOException {
        Path folder = SUITES.resolve("mcp").resolve("schema");
        Assumptions.assumeTrue(Files.isDirectory(folder));
        int examples = 0;
        for (String version : List.of("2025-11-25", "2026-07-28")) {
            JsonNode definitions = read(folder.resolve(version).resolve("schema.json")).path("$defs");
            for (String name : names(definitions)) {
                Path own = folder.resolve(version).resolve("examples").resolve(name);
                List<Path> files = List.of();
                if (Files.isDirectory(own)) {
                    try (Stream<Path> all = Files.list(own)) {
                        files = all.sorted().toList();
                    }
                }
                examples += files.size();
                check(definitions, name, files);
            }
        }
        assertEquals(List.of(), wrong);
        assertEquals(0, refused, this::report);
        assertTrue(enforced >= 300 && examples > 100, this::report);
        assertTrue(walked > enforced / 2, this::report);
    }

    @Test
    void schemasOfOpenAiAreEnforcedOrRefusedByName() {
        Path file = SUITES.resolve("openai").resolve("openapi.json");
        Assumptions.assumeTrue(Files.exists(file));
        JsonNode definitions = read(file).path("components").path("schemas");
        for (String name : names(definitions)) {
            check(definitions, name, List.of());
        }
        assertEquals(List.of(), wrong);
        assertTrue(enforced > 1300, this::report);
        assertTrue(walked > enforced / 2, this::report);
    }
}
