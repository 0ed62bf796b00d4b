/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.client.Servers;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The official Java SDK on both sides: its client against our server over both ways, and its server against our client. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@SuppressWarnings("deprecation") // what replaces the plain requests differs between versions of the SDK
class JavaSdkTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private static String java() {
        return ProcessHandle.current().info().command().orElse("java");
    }

    private static List<String> program(Class<?> type, String... arguments) {
        List<String> all = new ArrayList<>(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), type.getName()));
        all.addAll(List.of(arguments));
        return all;
    }

    private static void everything(McpClientTransport transport) {
        try (McpSyncClient client = McpClient.sync(transport).requestTimeout(PATIENCE).initializationTimeout(PATIENCE)
                .build()) {
            assertEquals("2025-11-25", client.initialize().protocolVersion());
            client.ping();
            assertTrue(client.listTools().tools().stream().anyMatch(tool -> tool.name().equals("test_simple_text")));
            McpSchema.CallToolResult found = client
                    .callTool(new McpSchema.CallToolRequest("test_simple_text", Map.of()));
            assertEquals("This is a simple text response for testing.",
                    assertInstanceOf(McpSchema.TextContent.class, found.content().getFirst()).text());
            assertEquals(true,
                    client.callTool(new McpSchema.CallToolRequest("test_error_handling", Map.of())).isError());
            assertEquals("test://static-text",
                    client.readResource(new McpSchema.ReadResourceRequest("test://static-text")).contents().getFirst()
                            .uri());
            assertTrue(client.listPrompts().prompts().stream()
                    .anyMatch(prompt -> prompt.name().equals("test_simple_prompt")));
            assertEquals(1, client
                    .getPrompt(new McpSchema.GetPromptRequest("test_prompt_with_arguments",
                            Map.of("arg1", "a", "arg2", "b")))
                    .messages().size());
            McpError broken = assertThrows(McpError.class, () -> client
                    .getPrompt(new McpSchema.GetPromptRequest("test_broken_prompt", Map.of())));
            assertEquals(-32603, broken.getJsonRpcError().code());
            client.ping();
        }
    }

    @Test
    void itsClientOverStandardStreams() {
        everything(new StdioClientTransport(ServerParameters.builder(java())
                .args(program(HostileServer.class, "good", folder.toString())).build(), McpJsonDefaults.getMapper()));
    }

    @Test
    void itsClientOverHttp() throws Exception {
        try (FixtureServer.Started server = FixtureServer.start()) {
            everything(HttpClientStreamableHttpTransport.builder(server.running().address().toString())
                    .customizeClient(client -> client.version(HttpClient.Version.HTTP_1_1)).endpoint("/fixture")
                    .build());
        }
    }

    @Test
    void itsServer() throws Exception {
        Path file = Files.writeString(folder.resolve("servers.json"), Wire.JSON.writeValueAsString(Map.of("mcpServers",
                Map.of("sdk",
                        Map.of("command", java(), "args", program(SdkServer.class), "timeoutSeconds", 60)))));
        try (Servers servers = Servers.connect(file, List.of(), Optional.empty(), true, System.getenv())) {
            assertEquals(List.of(), servers.problems());
            assertEquals(2, servers.offered().size());
            ToolResult result = call(servers, "repeat_words", Map.of("words", "hello"));
            assertEquals("hello!", result.value());
            ToolResult failed = call(servers, "fail", Map.of());
            assertTrue(failed.error() && String.valueOf(failed.value()).contains("It went wrong."), failed.toString());
        }
    }

    private static ToolResult call(Servers servers, String name, Map<String, Object> arguments) throws Exception {
        Tool tool = servers.providers().stream().flatMap(provider -> provider.tools().stream())
                .filter(each -> each.definition().name().equals(name)).findFirst()
                .orElseThrow(() -> new AssertionError(name + " is not among " + servers.offered()));
        return tool.call(new ToolCall("1", name, arguments));
    }
}
