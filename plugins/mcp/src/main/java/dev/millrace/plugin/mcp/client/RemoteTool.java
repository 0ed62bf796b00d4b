/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.json.SchemaReferences;
import dev.millrace.plugin.mcp.rpc.Json;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A tool as its server describes it, made fit for models.
 *
 * @param original its name there
 * @param said a digest of all that the server says of it, for approvals
 * @param description for models
 * @param schema of its arguments, as the server wrote it but for its texts
 * @param hints what the server says that it does
 */
record RemoteTool(String original, String said, String description, ObjectNode schema, Set<ToolHint> hints) {

    private static final int DESCRIPTION = 1_024;
    private static final int TEXT_IN_SCHEMA = 512;
    private static final int SCHEMA = 32_000;
    private static final int NAME = 200;
    /** What changes the meaning of a tool; pictures do not. */
    private static final Set<String> MEANT = Set.of("name", "title", "description", "inputSchema", "outputSchema",
            "annotations");

    /** A tool that is left out, and why, in a sentence. */
    static final class UnfitException extends Exception {

        private static final long serialVersionUID = 1;

        UnfitException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Reads a description.
     *
     * @throws UnfitException if no call could be made by it
     */
    static RemoteTool read(ServerSpec server, ObjectNode told, boolean overHttp) throws UnfitException {
        String name = Json.text(told, "name").orElse("");
        if (name.isEmpty() || name.length() > NAME) {
            throw new UnfitException(
                    "A tool of " + server.name() + " is left out: it has no name, or a very long one.");
        }
        String which = "The tool " + Untrusted.line(name) + " of " + server.name() + " is left out: its schema ";
        JsonNode given = told.path("inputSchema");
        if (!(given instanceof ObjectNode schema)) {
            throw new UnfitException(which + "is no object.");
        }
        if (schema.toString().length() > SCHEMA) {
            throw new UnfitException(which + "is longer than " + SCHEMA + " characters.");
        }
        if (!schema.path("type").asText().equals("object") || (schema.has("properties") && !schema.path("properties")
                .isObject()) || (schema.has("required") && !schema.path("required").isArray())) {
            throw new UnfitException(which + "does not describe an object.");
        }
        if (new SchemaReferences(Json.plain(schema)).circle().isPresent()) {
            throw new UnfitException(which + "refers to itself in a circle without an end.");
        }
        if (overHttp) {
            Optional<String> problem = HeaderMarks.problem(schema);
            if (problem.isPresent()) {
                throw new UnfitException(which + problem.get() + ".");
            }
        }
        ObjectNode meant = Json.object();
        told.properties().forEach(field -> {
            if (MEANT.contains(field.getKey())) {
                meant.set(field.getKey(), field.getValue());
            }
        });
        String words = Json.text(told, "description").or(() -> Json.text(told, "title")).orElse("");
        return new RemoteTool(name, Approvals.digest(meant.toString()), Untrusted.text(words, DESCRIPTION),
                (ObjectNode) Untrusted.tree(schema, TEXT_IN_SCHEMA), hints(told.path("annotations")));
    }

    /** What a model is told. */
    ToolDefinition definition(String name) {
        return new ToolDefinition(name, description, Json.plain(schema), hints,
                Optional.empty(), Map.of());
    }

    /**
     * What the server says that the tool does; nothing if it says nothing. What is neither read-only nor said to be harmless is
     * presumed to be destructive, as the protocol has it.
     */
    private static Set<ToolHint> hints(JsonNode annotations) {
        Set<ToolHint> hints = EnumSet.noneOf(ToolHint.class);
        if (!annotations.isObject() || annotations.isEmpty()) {
            return hints;
        }
        if (annotations.path("readOnlyHint").asBoolean(false)) {
            hints.add(ToolHint.READ_ONLY);
        } else if (annotations.has("readOnlyHint") || annotations.has("destructiveHint")) {
            hints.add(annotations.path("destructiveHint").asBoolean(true) ? ToolHint.DESTRUCTIVE : ToolHint.ACTING);
        }
        if (annotations.path("idempotentHint").asBoolean(false)) {
            hints.add(ToolHint.IDEMPOTENT);
        }
        if (annotations.path("openWorldHint").asBoolean(true)) {
            hints.add(ToolHint.OPEN_WORLD);
        }
        return hints;
    }
}
