/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The reading of schemas beside the public suite of JSON Schema (draft 2020-12), where that is present. A test counts if it can be
 * put to the arguments of a call.
 */
class SchemaSuiteTest {

    /**
     * What is read otherwise, or left to a guard: names that depend on the way by which one came, schemas elsewhere, paths that begin at a
     * schema inside, letters that look
     * the same (taken for the same on purpose), 1.0 for an integer (taken, as 1), and patterns that Java reads otherwise.
     */
    private static final Set<String> OTHERWISE = Set.of("dynamicRef.json", "refRemote.json", "vocabulary.json",
            "unevaluatedProperties with $dynamicRef", "metaschema", "same visual representation",
            "a float with zero fractional part", "Unicode property escape", "relative uris and defs",
            "absolute uris and defs",
            "remote ref, containing refs itself");

    @Test
    void agreesWithTheSuite() throws Exception {
        Path suite = Path.of(System.getProperty("millrace.shared", "nowhere"), "suites/json-schema/tests/draft2020-12");
        assumeTrue(Files.isDirectory(suite));
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        List<Path> files;
        try (Stream<Path> all = Files.list(suite)) {
            files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
        }
        for (Path file : files) {
            for (Object group : assertInstanceOf(List.class, Json.parse(Files.readString(file)))) {
                Map<?, ?> one = assertInstanceOf(Map.class, group);
                for (Object test : assertInstanceOf(List.class, one.get("tests"))) {
                    Map<?, ?> each = assertInstanceOf(Map.class, test);
                    Boolean read = reading(one.get("schema"), each.get("data"));
                    if (read != null) {
                        seen++;
                        String name = file.getFileName() + ": " + one.get("description") + ": "
                                + each.get("description");
                        if (!read.equals(each.get("valid")) && OTHERWISE.stream().noneMatch(name::contains)) {
                            wrong.add(name);
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(seen > 1000, "" + seen);
    }

    private static @Nullable Boolean reading(@Nullable Object schema, @Nullable Object data) {
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        if (schema instanceof Map<?, ?> map && data instanceof Map<?, ?> members) {
            map.forEach((key, value) -> root.put(String.valueOf(key), value));
            members.forEach((key, value) -> arguments.put(String.valueOf(key), value));
        } else {
            String text = Json.write(schema);
            if (text.contains("\"$ref\"") || text.contains("\"$dynamicRef\"")) {
                return null;
            }
            Map<String, @Nullable Object> properties = new LinkedHashMap<>();
            properties.put("x", schema);
            root.put("properties", properties);
            arguments.put("x", data);
        }
        SchemaFit fit = new SchemaFit(root);
        fit.arguments(arguments);
        return fit.complaints().isEmpty() && fit.notes().isEmpty();
    }
}
