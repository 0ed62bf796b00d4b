/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The official description of OpenAI's API. Requests and answers are held against it where the shared folder is present. */
final class OfficialDescription {

    private static final Path FILE = Path.of(System.getProperty("millrace.shared", "."), "suites", "openai",
            "openapi.json");

    private final ObjectNode description;
    private final Map<String, Schema> schemas = new HashMap<>();
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private OfficialDescription(ObjectNode description) {
        this.description = description;
    }

    static boolean present() {
        return Files.exists(FILE);
    }

    static OfficialDescription read() {
        try {
            ObjectNode description = (ObjectNode) Nano.JSON.readTree(FILE.toFile());
            nullable(description);
            return new OfficialDescription(description);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code nullable} is a word of an older version of OpenAPI, which the file still uses. */
    private static void nullable(JsonNode node) {
        node.forEach(OfficialDescription::nullable);
        if (node instanceof ObjectNode object && object.path("nullable").asBoolean()) {
            if (object.path("type").isTextual()) {
                String type = object.path("type").asText();
                object.putArray("type").add(type).add("null");
                if (object.get("enum") instanceof ArrayNode values) {
                    values.addNull();
                }
            } else if (object.has("$ref")) {
                String ref = object.remove("$ref").asText();
                object.putArray("anyOf").add(Nano.JSON.createObjectNode().put("$ref", ref))
                        .add(Nano.JSON.createObjectNode().put("type", "null"));
            }
        }
    }

    void check(String schema, JsonNode document) {
        List<Error> errors = schemas.computeIfAbsent(schema, name -> {
            ObjectNode root = description.deepCopy();
            root.removeAll();
            root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
            root.put("$ref", "#/components/schemas/" + name);
            root.set("components", description.get("components"));
            return registry.getSchema(root);
        }).validate(document);
        assertEquals(List.of(), errors.stream().map(Error::toString).toList(), document::toString);
    }
}
