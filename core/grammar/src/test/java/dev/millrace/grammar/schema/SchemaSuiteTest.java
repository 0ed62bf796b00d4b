/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Schema;
import dev.millrace.grammar.machine.GrammarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Every schema of the public test suite is refused by name, or enforced without a mistake. */
class SchemaSuiteTest {

    private static final Path SUITE = Path.of(System.getProperty("millrace.shared", "none"), "suites", "json-schema",
            "tests", "draft2020-12");
    private static final int WALKS = 12;

    /** Says that formats are notes only, while here they are kept. */
    private static final String FORMATS_AS_NOTES = "format.json";

    /**
     * Where the other validator is not the measure: Java's regular expressions differ from ECMAScript's in white space and control
     * codes, large multiples are judged by doubles, and a list that is never valid makes it refuse all other values too.
     */
    private static final Map<String, String> OTHER_VALIDATOR_DIFFERS = Map.of(
            "allOf.json: allOf combined with anyOf, oneOf", "must be multiple of",
            "minContains.json: maxContains < minContains", "minContains must less than or equal",
            "optional/ecmascript-regex.json: ECMA 262 regex escapes control codes with \\c and lower letter",
            "regex pattern",
            "optional/ecmascript-regex.json: ECMA 262 \\s matches whitespace", "regex pattern");

    private final Map<String, int[]> table = new TreeMap<>();
    private final Map<String, Integer> refusals = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();
    private final List<String> narrow = new ArrayList<>();
    private int walked;

    @Test
    void everySchemaIsRefusedByNameOrEnforced() throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(SUITE));
        List<Path> files;
        try (Stream<Path> all = Files.walk(SUITE)) {
            files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        for (Path file : files) {
            for (JsonNode group : Instances.read(Files.readString(file))) {
                group(SUITE.relativize(file).toString(), group);
            }
        }
        int enforced = table.values().stream().mapToInt(row -> row[0]).sum();
        int refused = table.values().stream().mapToInt(row -> row[1]).sum();
        report(enforced, refused);
        assertEquals(List.of(), wrong);
        assertTrue(enforced > 250, "only " + enforced + " are enforced");
        assertTrue(walked > 1000, "only " + walked + " walks came to an end");
        assertTrue(narrow.size() < 60, () -> "valid values that the grammar does not write: " + narrow);
    }

    private void group(String file, JsonNode group) {
        int[] row = table.computeIfAbsent(file, key -> new int[3]);
        String name = file + ": " + group.path("description").asText();
        JsonNode schema = group.path("schema");
        Walker grammar;
        try {
            grammar = Walker.of(Instances.data(schema));
        } catch (GrammarException e) {
            row[1]++;
            String keyword = e.getMessage().startsWith("The schema cannot be enforced: \"")
                    ? e.getMessage().split("\"", -1)[1]
                    : e.getMessage();
            refusals.merge(keyword, 1, Integer::sum);
            // what has no value at all is no mistake, if nothing is valid
            if (keyword.startsWith("No text fits")) {
                for (JsonNode test : group.path("tests")) {
                    if (test.path("valid").asBoolean()) {
                        wrong.add(name + ": " + test.path("description").asText() + ": said to have no value");
                    }
                }
            }
            return;
        }
        row[0]++;
        for (JsonNode test : group.path("tests")) {
            boolean accepted = Instances.spellings(test.path("data")).stream().anyMatch(grammar::accepts);
            boolean valid = test.path("valid").asBoolean();
            if (accepted && !valid) {
                row[2]++;
                wrong.add(name + ": " + test.path("description").asText() + ": accepts " + test.path("data"));
            } else if (valid && !accepted && !file.equals(FORMATS_AS_NOTES)) {
                narrow.add(name + ": " + test.path("description").asText() + ": does not write " + test.path("data"));
            }
        }
        walk(name, schema, grammar, row);
    }

    private void walk(String name, JsonNode schema, Walker grammar, int[] row) {
        Schema judge = Instances.judge(schema);
        Random random = new Random(7);
        for (int i = 0; i < WALKS; i++) {
            String text = grammar.walk(random, 60);
            if (text.isEmpty()) {
                continue;
            }
            walked++;
            var problems = judge.validate(Instances.read(text));
            String known = OTHER_VALIDATOR_DIFFERS.get(name);
            if (!problems.isEmpty() && (known == null || !problems.toString().contains(known))) {
                row[2]++;
                wrong.add(name + ": wrote " + text + ", of which the other validator says " + problems);
                return;
            }
        }
    }

    private void report(int enforced, int refused) {
        StringBuilder out = new StringBuilder(
                "enforced " + enforced + ", refused " + refused + ", wrong " + wrong.size()
                        + ", narrow " + narrow.size() + ", walks " + walked + "\n");
        table.forEach((file, row) -> out.append(file).append(' ').append(row[0]).append(' ').append(row[1]).append(' ')
                .append(row[2]).append('\n'));
        out.append(refusals).append('\n');
        narrow.forEach(each -> out.append("narrow: ").append(each).append('\n'));
        String file = System.getProperty("millrace.report");
        if (file != null) {
            try {
                Files.writeString(Path.of(file), out);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
