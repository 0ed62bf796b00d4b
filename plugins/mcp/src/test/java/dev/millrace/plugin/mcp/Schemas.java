/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The official schemas of a revision, where they are at hand: the folder that {@code millrace.shared} names. */
final class Schemas {

    private final Map<String, Schema> byName = new HashMap<>();
    private final ObjectNode all;
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private Schemas(ObjectNode all) {
        this.all = all;
    }

    static Path folder(String revision) {
        return Path.of(System.getProperty("millrace.shared", ""), "suites", "mcp", "schema", revision);
    }

    /** The schemas, or empty where they are not at hand. */
    static Optional<Schemas> of(String revision) throws IOException {
        Path file = folder(revision).resolve("schema.json");
        return Files.exists(file)
                ? Optional.of(new Schemas((ObjectNode) new ObjectMapper().readTree(file.toFile())))
                : Optional.empty();
    }

    /** What is wrong with a value, by the name of a definition. */
    synchronized List<String> problems(String definition, JsonNode value) {
        Schema schema = byName.computeIfAbsent(definition, name -> {
            if (!all.path("$defs").has(name)) {
                throw new IllegalArgumentException("The schema has no " + name + ".");
            }
            ObjectNode root = all.deepCopy();
            root.remove("$id");
            return registry.getSchema(root.put("$ref", "#/$defs/" + name));
        });
        return schema.validate(value).stream().map(Object::toString).toList();
    }
}
