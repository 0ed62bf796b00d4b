/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.mcp.client.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The client as the conformance suite starts it: the last argument is the address of a server, whose tools are all called. */
final class ConformanceClient {

    private ConformanceClient() {
    }

    /** Connects, lists, calls and ends. */
    public static void main(String[] arguments) throws Exception {
        Path file = Files.createTempFile("mcp", ".json");
        try {
            Files.writeString(file, "{\"mcpServers\":{\"suite\":{\"url\":\"" + arguments[arguments.length - 1]
                    + "\",\"questions\":\"defaults\",\"timeoutSeconds\":20}}}");
            try (Servers servers = Servers.connect(file, List.of(), Optional.empty(), true, Map.of())) {
                servers.problems().forEach(System.err::println);
                List<Tool> tools = servers.providers().getFirst().tools();
                for (Tool tool : tools) {
                    System.err.println(tool.definition());
                    for (Map<String, Object> values : arguments(tool, tools)) {
                        System.err.println(tool.call(new ToolCall("1", tool.definition().name(), values)));
                    }
                }
                servers.resources().forEach(System.err::println);
                servers.prompts().forEach(System.err::println);
            }
        } finally {
            Files.delete(file);
        }
    }

    /** The arguments that the scenario asks for, or some of the right types. */
    private static List<Map<String, Object>> arguments(Tool tool, List<Tool> tools) throws IOException {
        List<Map<String, Object>> all = new ArrayList<>();
        JsonNode context = Wire.JSON
                .readTree(System.getenv().getOrDefault("MCP_CONFORMANCE_CONTEXT", "{}"));
        for (JsonNode call : context.path("toolCalls")) {
            if (call.path("name").asText().equals(tool.definition().name())) {
                all.add(Wire.JSON.convertValue(call.path("arguments"), new TypeReference<Map<String, Object>>() {
                }));
            }
        }
        if (all.isEmpty()) {
            Map<String, Object> values = sensible(tool.definition().parameters());
            if (values.containsKey("schema")) {
                // what came over the wire is sent back
                tools.stream().filter(other -> other.definition().name().contains("2020"))
                        .forEach(other -> values.put("schema", other.definition().parameters()));
            }
            all.add(values);
        }
        return all;
    }

    /** Arguments of the right types. */
    private static Map<String, Object> sensible(Map<String, ?> schema) {
        Map<String, Object> values = new HashMap<>();
        if (schema.get("properties") instanceof Map<?, ?> properties) {
            properties.forEach((name, property) -> values.put(String.valueOf(name),
                    switch (property instanceof Map<?, ?> map ? String.valueOf(map.get("type")) : "") {
                        case "integer", "number" -> 2;
                        case "boolean" -> true;
                        case "array" -> List.of();
                        case "object" -> Map.of();
                        default -> "text";
                    }));
        }
        return values;
    }
}
