/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.List;
import java.util.Map;

/** A server by the Java SDK as a program of its own: a tool that works, one that fails, and a resource. */
final class SdkServer {

    private SdkServer() {
    }

    /** Serves until its input ends. */
    public static void main(String[] arguments) {
        Map<String, Object> schema = Map.of("type", "object", "properties",
                Map.of("words", Map.of("type", "string")), "required", List.of("words"));
        McpServer.sync(new StdioServerTransportProvider(McpJsonDefaults.getMapper())).serverInfo("sdk", "2.1.0")
                .validateToolInputs(false)
                .capabilities(McpSchema.ServerCapabilities.builder().tools(true).build())
                .toolCall(McpSchema.Tool.builder().name("repeat.words").description("Says words again.")
                        .inputSchema(schema).build(),
                        (exchange, request) -> McpSchema.CallToolResult.builder()
                                .addTextContent(request.arguments().get("words") + "!").isError(false).build())
                .toolCall(McpSchema.Tool.builder().name("fail").description("Fails.")
                        .inputSchema(Map.of("type", "object")).build(),
                        (exchange, request) -> McpSchema.CallToolResult.builder().addTextContent("It went wrong.")
                                .isError(true).build())
                .build();
    }
}
