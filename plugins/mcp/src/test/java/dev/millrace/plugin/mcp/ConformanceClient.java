/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.mcp.client.Servers;
import dev.millrace.plugin.mcp.oauth.LoopbackConsent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
        Path secret = Files.createTempFile("mcp", ".pem");
        try (HttpClient browser = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();
                LoopbackConsent person = new LoopbackConsent(page -> visit(browser, page), Duration.ofSeconds(10))) {
            ObjectNode root = Wire.JSON.createObjectNode();
            root.putObject("mcpServers").putObject("suite").put("url", arguments[arguments.length - 1])
                    .put("questions", "defaults").put("timeoutSeconds", 20).set("auth", auth(secret));
            Files.writeString(file, root.toString());
            try (Servers servers = Servers.connect(file, List.of(), Optional.empty(), true, Map.of(), person)) {
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
            Files.delete(secret);
        }
    }

    /** A browser in which somebody has signed in already: it follows all redirections. */
    private static void visit(HttpClient browser, URI page) {
        try {
            browser.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.discarding());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The settings that a scenario asks for. */
    private static ObjectNode auth(Path secret) throws IOException {
        JsonNode context = context();
        String scenario = System.getenv().getOrDefault("MCP_CONFORMANCE_SCENARIO", "");
        ObjectNode auth = Wire.JSON.createObjectNode();
        auth.put("clientMetadataUrl", "https://conformance-test.local/client-metadata.json");
        for (Map.Entry<String, String> field : Map
                .of("client_id", "clientId", "client_secret", "clientSecret", "issuer",
                        "issuer")
                .entrySet()) {
            if (context.has(field.getKey())) {
                auth.put(field.getValue(), context.path(field.getKey()).asText());
            }
        }
        if (scenario.contains("client-credentials")) {
            auth.put("grant", "client_credentials");
        }
        if (context.has("private_key_pem")) {
            Files.writeString(secret, context.path("private_key_pem").asText());
            auth.put("privateKeyFile", secret.toString());
        }
        if (context.has("valid_jwt")) {
            Files.writeString(secret, context.path("valid_jwt").asText());
            auth.put("grant", "jwt-bearer").put("assertionFile", secret.toString());
        }
        return auth;
    }

    private static JsonNode context() throws IOException {
        return Wire.JSON.readTree(System.getenv().getOrDefault("MCP_CONFORMANCE_CONTEXT", "{}"));
    }

    /** The arguments that the scenario asks for, or some of the right types. */
    private static List<Map<String, Object>> arguments(Tool tool, List<Tool> tools) throws IOException {
        List<Map<String, Object>> all = new ArrayList<>();
        for (JsonNode call : context().path("toolCalls")) {
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
